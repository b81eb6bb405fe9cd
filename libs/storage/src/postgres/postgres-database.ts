import type { Client, PoolClient, QueryConfig } from 'pg';
import { StoreClosedError } from '#spi';
import { type Target, targetOf, unavailable } from './address';
import { type Driver, loadDriver, sqlState } from './driver';
import { ActorIds } from './flush/actor-ids';
import type { Backend } from './lost-backend';
import { migrate } from './migrate';
import { type PostgresAddress, type PostgresOptions, type ResolvedOptions, resolveOptions } from './options';
import { Readers } from './readers';
import { checkSchema, checkServer, connect, reconnect, type Row } from './session';
import { type Tables, tablesOf } from './tables';
import { Witness } from './witness';
import { WriterConnection } from './writer-connection';

/** Brings the tables up to date before the store looks at them. */
export type Preparation = (target: Target, tables: Tables) => Promise<void>;

interface Parts {
  readonly driver: Driver;
  readonly target: Target;
  readonly tables: Tables;
  readonly options: ResolvedOptions;
  readonly writer: WriterConnection;
  readonly readers: Readers;
  readonly ids: ActorIds;
  /** `null` where losses are accepted. */
  readonly witness: Witness | null;
  handles: number;
  closing: Promise<void> | undefined;
}

/** A share in the connections of one store. The last one to close it ends them. */
export class PostgresDatabase {
  isOpen = true;

  private constructor(private readonly parts: Parts) {
    parts.handles++;
  }

  static async open(
    address: PostgresAddress,
    given?: PostgresOptions,
    prepare: Preparation = migrate,
  ): Promise<PostgresDatabase> {
    const options = resolveOptions(given);
    const driver = await loadDriver();
    const target = targetOf(driver, address, options);
    const tables = tablesOf(options);
    await checkOnce(driver, target, tables, options, prepare);
    const ids = new ActorIds(tables);
    const witness = options.durability === 'full' ? new Witness(tables) : null;
    const writer = new WriterConnection(driver, target, options, async (client) => {
      ids.clear();
      await witness?.verify(client, target.label);
    });
    const readers = new Readers(driver, target, options, () => writer.settle());
    return new PostgresDatabase({
      driver,
      target,
      tables,
      options,
      writer,
      readers,
      ids,
      witness,
      handles: 0,
      closing: undefined, // prettier-ignore
    });
  }

  get tables(): Tables {
    return this.parts.tables;
  }

  get ids(): ActorIds {
    return this.parts.ids;
  }

  get witness(): Witness | null {
    return this.parts.witness;
  }

  get options(): ResolvedOptions {
    return this.parts.options;
  }

  /** The address, without its password. */
  get label(): string {
    return this.parts.target.label;
  }

  share(): PostgresDatabase {
    this.check();
    return new PostgresDatabase(this.parts);
  }

  /** A connection beside all others. @throws StoreFailedError */
  connectLease(): Promise<Client> {
    return reconnect(this.parts.driver, this.parts.target, 'lease');
  }

  /** Whatever it was doing is over when this resolves, or else before anything is read. @throws StoreFailedError */
  endBackend(backend: Backend): Promise<void> {
    return this.parts.writer.end(backend);
  }

  async write<T>(work: (client: Client) => Promise<T>): Promise<T> {
    this.check();
    return this.parts.writer.run(work);
  }

  async query(query: QueryConfig): Promise<readonly Row[]> {
    this.check();
    return this.parts.readers.query(query);
  }

  /** Several statements over one connection, and not the writer's; run again as a whole when the connection breaks. */
  async use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    this.check();
    return this.parts.readers.use(work);
  }

  async close(): Promise<void> {
    const { parts } = this;
    if (this.isOpen) {
      this.isOpen = false;
      if (--parts.handles === 0)
        parts.closing = Promise.all([parts.writer.close(), parts.readers.close()]).then(() => undefined);
    }
    await parts.closing;
  }

  /** @throws StoreClosedError */
  check(): void {
    if (!this.isOpen) throw new StoreClosedError('postgres');
  }
}

/** What must hold before a store is opened, so that a mistake stops the start and not the first message. */
async function checkOnce(
  driver: Driver,
  target: Target,
  tables: Tables,
  options: ResolvedOptions,
  prepare: Preparation,
): Promise<void> {
  const client = await connect(driver, target, 'writer');
  try {
    await checkServer(client, target, options);
    if (options.migrate) await prepare(target, tables);
    await checkSchema(client, tables, target);
  } catch (error) {
    throw sqlState(error) === '' ? error : unavailable(target, error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
