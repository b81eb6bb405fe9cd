import { type Socket, connect, createServer } from 'node:net';
import { STORAGE, type Storage, SystemEnv } from 'plexspaces/spi';
import { FaultProxy } from 'plexspaces/testing';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { administer, postgres } from './postgres-database';
import { Invoice, Log, Plain, Shop, type ShopDatabase, Stock, Till } from './shop';

// What may happen to the connection of ctx.transact: nothing of it is acknowledged that is not there, nothing comes later
// that was said to be gone, and nobody waits for it for ever.

const actors = [Till, Log, Plain];
const env = new SystemEnv();

interface Ways {
  /** Of the application's connections. */
  readonly application?: number;
  /** Of the store's. */
  readonly store?: number;
}

/** The shop's database, reached through proxies. */
function through(url: URL, { application, store }: Ways): ShopDatabase {
  const by = (port: number | undefined): string => {
    const way = new URL(url.href);
    if (port !== undefined) [way.hostname, way.port] = ['127.0.0.1', String(port)];
    return way.href;
  };
  return {
    ...(postgres as ShopDatabase),
    dataSourceOn: (schema) =>
      new DataSource({ type: 'postgres', url: by(application), schema, entities: [Stock, Invoice], synchronize: true }),
    storageOn: (schema, dataSource) =>
      TypeormStorageModule.postgres(by(store), {
        schema,
        dataSource,
        durability: 'relaxed',
        statementTimeout: '500ms',
        connectTimeout: '500ms',
      }),
  };
}

/** Holds what a client sends from a COMMIT on; the client's own connection ends there, as when its machine is cut off. */
class Postponed {
  held: (() => void) | null = null;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((client) => this.accept(client));
  private happen = (): void => undefined;
  readonly happened = new Promise<void>((resolve) => (this.happen = resolve));
  isArmed = false;

  constructor(
    private readonly url: URL,
    private readonly onHold: () => void,
  ) {}

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as { port: number }).port;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(client: Socket): void {
    const server = connect(Number(this.url.port), this.url.hostname);
    for (const socket of [client, server]) this.sockets.add(socket.on('error', () => undefined));
    let isCut = false;
    server.on('data', (bytes) => (isCut ? undefined : client.write(bytes)));
    server.on('close', () => client.destroy());
    client.on('close', () => (isCut ? undefined : server.destroy()));
    client.on('data', (bytes) => {
      if (!this.isArmed || !bytes.includes('COMMIT')) return void server.write(bytes);
      isCut = true;
      this.held = () => server.write(bytes);
      this.onHold();
      client.destroy();
      this.happen();
    });
  }
}

describeWith(postgresServer(), 'the connection of ctx.transact', ({ url }) => {
  let shop: Shop;
  let place: string;
  beforeEach(async () => {
    Till.inside = () => Promise.resolve();
    place = await (postgres as ShopDatabase).fresh();
  });
  afterEach(() => shop.close());
  afterAll(() => (postgres as ShopDatabase).remove());

  const till = () => shop.ref(Till);
  const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  it('is not taken for committed where the server rolled back at COMMIT', async () => {
    shop = await Shop.open(place, { actors, database: through(url, {}) });
    await shop.add('a');
    let runs = 0;
    Till.inside = async (em: EntityManager) => {
      if (runs++ > 0) return;
      // A branch that was left behind gets a statement in, just before the end.
      const client = (await em.queryRunner?.connect()) as { query: (...args: unknown[]) => Promise<unknown> };
      const { query } = client;
      client.query = (...args) => {
        if (args[0] === 'COMMIT' || (args[0] as { text?: string }).text === 'COMMIT') {
          client.query = query;
          query.call(client, 'SELECT 1 / 0').catch(() => undefined);
        }
        return query.apply(client, args);
      };
    };
    await expect(till().ask.just('a')).resolves.toBe(1);
    expect(runs).toBe(2);
    await expect(shop.stock()).resolves.toEqual({ a: 9 });
    await shop.close();
    shop = await Shop.open(place, { actors, database: through(url, {}) });
    await expect(till().ask.bump()).resolves.toBe(2);
  });

  it('does not keep an actor waiting for a server that has gone silent', async () => {
    const proxy = await FaultProxy.start({ host: url.hostname, port: Number(url.port) });
    shop = await Shop.open(place, { actors, database: through(url, { application: proxy.port }) });
    await shop.add('a');
    Till.inside = () => Promise.resolve(void proxy.inject({ kind: 'blackHole' }));
    const answer = outcome(till().ask.just('a'));
    await expect(till().ask.bump()).resolves.toBe(1);
    await expect(answer).resolves.toMatchObject({ code: 'PS_STORE_FAILED' });
    proxy.heal();
    await expect(shop.stock()).resolves.toEqual({ a: 10 });
    await proxy.stop();
  }, 60_000);

  it('has ended before its outcome is read, also when the store could not be reached at once (E3)', async () => {
    const ways = await FaultProxy.start({ host: url.hostname, port: Number(url.port) });
    let cut = { remove: (): void => undefined };
    const postponed = new Postponed(url, () => {
      ways.refuse();
      cut = ways.inject({ kind: 'reset' });
    });
    const application = await postponed.start();
    shop = await Shop.open(place, { actors, database: through(url, { application, store: ways.port }) });
    await shop.add('a');
    const { journal } = shop.module.get<Storage>(STORAGE, { strict: false });
    const head = journal.head.bind(journal);
    journal.head = async (actor) => {
      if (postponed.held !== null) {
        cut.remove();
        await ways.listen();
      }
      return head(actor);
    };
    postponed.isArmed = true;
    const answer = outcome(till().with({ idempotencyKey: 'k' }).ask.just('a'));
    await postponed.happened;
    await expect(answer).resolves.toMatchObject({ code: 'PS_STORE_FAILED' });
    postponed.isArmed = false;
    postponed.held?.();
    // Behind it, over a connection of its own, in the order in which the server comes to them.
    await administer(`BEGIN; LOCK TABLE ${place}.stock IN ACCESS EXCLUSIVE MODE; COMMIT`);
    await expect(shop.stock()).resolves.toEqual({ a: 10 });
    await expect(till().with({ idempotencyKey: 'k' }).ask.just('a')).resolves.toBe(1);
    postponed.stop();
    await ways.stop();
  }, 60_000);
});

describeWith(postgresServer(), 'the role of ctx.transact', ({ url }) => {
  const name = `transact_${env.id().toLowerCase()}`;
  const as = (role: string): string => Object.assign(new URL(url.href), { username: `${name}_${role}` }).href;

  beforeAll(async () => {
    await administer(`CREATE ROLE ${name}_store LOGIN; CREATE ROLE ${name}_app LOGIN; CREATE SCHEMA ${name};
      GRANT ALL ON SCHEMA ${name} TO ${name}_store, ${name}_app;
      ALTER DEFAULT PRIVILEGES FOR ROLE ${name}_store IN SCHEMA ${name} GRANT ALL ON TABLES TO ${name}_app;
      GRANT CREATE ON DATABASE ${url.pathname.slice(1)} TO ${name}_store`);
  });
  afterAll(() =>
    administer(`DROP SCHEMA ${name} CASCADE; REVOKE ALL ON DATABASE ${url.pathname.slice(1)} FROM ${name}_store;
      DROP OWNED BY ${name}_store, ${name}_app; DROP ROLE ${name}_store, ${name}_app`),
  );

  it('is one whose sessions the store can see and end: else what became of a commit could not be known', async () => {
    const database: ShopDatabase = {
      ...(postgres as ShopDatabase),
      dataSourceOn: (schema) =>
        new DataSource({ type: 'postgres', url: as('app'), schema, entities: [Stock, Invoice], synchronize: true }),
      storageOn: (schema, dataSource) =>
        TypeormStorageModule.postgres(as('store'), { schema, dataSource, durability: 'relaxed' }),
    };
    const shop = await Shop.open(name, { actors, database });
    await shop.add('a');
    await expect(shop.ref(Till).ask.just('a')).rejects.toMatchObject({ code: 'PS_ROWS_DATABASE' });
    await expect(shop.stock()).resolves.toEqual({ a: 10 });
    await administer(`GRANT ${name}_app TO ${name}_store`);
    await expect(shop.ref(Till).ask.just('a')).resolves.toBe(1);
    await expect(shop.stock()).resolves.toEqual({ a: 9 });
    await shop.close();
  });
});
