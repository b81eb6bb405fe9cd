import type { Client, QueryConfig } from 'pg';
import {
  SchemaOutdatedError,
  SchemaTooNewError,
  ServerTooOldError,
  StorageUnavailableError,
  StoreFailedError,
  UnsafeStorageError,
} from '#spi';
import { type Target, unavailable } from './address';
import type { Driver } from './driver';
import type { ResolvedOptions } from './options';
import { SCHEMA_VERSION } from './schema';
import type { Tables } from './tables';

/** {@link connect} for a store that is open: a server that is away is a failure like others, and passes. @throws StoreFailedError */
export async function reconnect(...args: Parameters<typeof connect>): Promise<Client> {
  try {
    return await connect(...args);
  } catch (error) {
    const { reason } = error as StorageUnavailableError;
    throw new StoreFailedError('postgres', `no connection to ${args[1].label}: ${reason}`, { cause: error });
  }
}

/** Whether an outstanding answer keeps the process alive; an idle connection does not. */
export function keepAlive(client: Client, isWaiting: boolean): void {
  const socket = client as unknown as { ref(): void; unref(): void }; // not in its types
  if (isWaiting) socket.ref();
  else socket.unref();
}

export type Row = readonly (string | null)[];

/** Connects. The client never throws at the process: what befalls an idle one is seen by its next query. */
export async function connect(driver: Driver, target: Target, role: Parameters<Target['config']>[0]): Promise<Client> {
  const client = new driver.Client(target.config(role));
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    destroy(client);
    throw unavailable(target, error);
  }
}

/** Ends a connection without a word to the server, whatever it is doing. */
export function destroy(client: Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
  client.end().catch(() => undefined);
}

/** Rows as arrays of text, which is how every value but ours of type text is to be read. */
export async function rowsOf(client: Pick<Client, 'query'>, query: QueryConfig): Promise<readonly Row[]> {
  const { rows } = await client.query<(string | null)[]>({ ...query, rowMode: 'array', types: AS_TEXT });
  return rows;
}

const asText = (value: string): string => value;
/** Numbers and bytes are made from the text where it is known what they are. */
const AS_TEXT = { getTypeParser: () => asText } as unknown as NonNullable<QueryConfig['types']>;

const OLDEST = { number: 120_000, name: '12' };
/** Each keeps what it acknowledged through a crash of the server: `local` and those that wait for a standby as well. */
const DURABLE: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
};

/**
 * What the server is and how it is set, as this very session sees it (a role or database may have settings of its own).
 * @throws ServerTooOldError, UnsafeStorageError, StorageUnavailableError
 */
export async function checkServer(client: Client, target: Target, options: ResolvedOptions): Promise<void> {
  const names = [
    'server_version_num',
    'server_version',
    'server_encoding',
    'transaction_read_only',
    ...Object.keys(DURABLE),
  ];
  const [row = []] = await rowsOf(client, {
    text: `SELECT ${names.map((name) => `current_setting('${name}', true)`).join(', ')}`,
  });
  const [version, versionName, encoding, readOnly, ...found] = row;
  if (Number(version) < OLDEST.number) throw new ServerTooOldError(target.label, versionName ?? 'unknown', OLDEST.name);
  if (encoding !== 'UTF8')
    throw new UnsafeStorageError('server_encoding', String(encoding), 'a database of encoding UTF8');
  if (readOnly === 'on')
    throw new StorageUnavailableError(
      target.label,
      'it takes no writes (a standby, or default_transaction_read_only)',
      {
        remedy: 'Name the primary.',
      },
    );
  if (options.durability === 'relaxed') return;
  Object.entries(DURABLE).forEach(([name, safe], i) => {
    const value = found[i] ?? null;
    if (value === null) {
      if (!options.trustServer)
        throw new UnsafeStorageError(name, 'not shown by the server', `${safe[0]}, or trustServer: true`);
    } else if (!safe.includes(value)) throw new UnsafeStorageError(name, value, safe.join(' or '));
  });
}

/** 0 when there are no tables. */
export async function schemaVersion(client: Pick<Client, 'query'>, tables: Tables): Promise<number> {
  const [known] = await rowsOf(client, { text: 'SELECT to_regclass($1)', values: [tables.version] });
  if (known?.[0] == null) return 0;
  const [row] = await rowsOf(client, { text: `SELECT version FROM ${tables.version}` });
  return Number(row?.[0] ?? 0);
}

/** @throws SchemaTooNewError, SchemaOutdatedError */
export async function checkSchema(client: Client, tables: Tables, { label }: Target): Promise<void> {
  const found = await schemaVersion(client, tables);
  const subject = `Schema ${tables.schema} of ${label}`;
  if (found > SCHEMA_VERSION) throw new SchemaTooNewError(subject, found, SCHEMA_VERSION);
  if (found < SCHEMA_VERSION) throw new SchemaOutdatedError(subject, found, SCHEMA_VERSION);
}
