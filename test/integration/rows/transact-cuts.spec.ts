import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { STORAGE, type Storage, type TurnTransactions } from 'plexspaces/spi';
import { FaultProxy } from 'plexspaces/testing';
import { DataSource, type EntityManager } from 'typeorm';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { failureOf, until } from '../durable/gate';
import { postgres } from './postgres-database';
import { Invoice, Shop, type ShopDatabase, Stock } from './shop';

// ctx.transact where the outcome of COMMIT is unknown, and where it takes too long.

const CUTS = Number(process.env['PLEXSPACES_RUNS'] ?? 10);

@Actor({ type: 'desk', maxTurnAge: '2s' })
@UseFacets(durability(), virtualActor())
class Desk {
  @State() sold: string[] = [];
  static inside: (em: EntityManager) => Promise<unknown> = () => Promise.resolve();

  @Handle({ retry: { maxAttempts: 1 } })
  sell(id: string, @Ctx() ctx: ActorContext): Promise<number> {
    this.sold.push(id);
    return ctx.transact(async (em: EntityManager) => {
      await em.decrement(Stock, { sku: 'a' }, 'quantity', 1);
      await em.insert(Invoice, { id });
      await Desk.inside(em);
      return this.sold.length;
    });
  }

  @Handle() all(): string[] {
    return this.sold;
  }
}

describeWith(postgresServer(), 'ctx.transact over a line that fails', (server) => {
  const database = postgres as ShopDatabase;
  let proxy: FaultProxy;
  let shop: Shop;

  beforeEach(async () => {
    Desk.inside = () => Promise.resolve();
    proxy = await FaultProxy.start(server);
    const url = new URL(server.url.href);
    [url.hostname, url.port] = [proxy.host, String(proxy.port)];
    const through: ShopDatabase = {
      ...database,
      dataSourceOn: (schema) => new DataSource({ ...database.dataSourceOn(schema).options, url: url.href } as never),
    };
    shop = await Shop.open(await database.fresh(), { actors: [Desk], database: through });
    await shop.add('a');
  });
  afterEach(async () => {
    await shop.close();
    await proxy.stop();
  });
  afterAll(() => database.remove());

  const desk = () => shop.ref(Desk);

  it.each([
    ['before', 'close'],
    ['before', 'reset'],
    ['after', 'close'],
    ['after', 'reset'],
  ] as const)(
    `${CUTS} times cut %s COMMIT (%s): each turn ends once, and the rows agree with it`,
    async (when, how) => {
      let committed = 0;
      for (let i = 0; i < CUTS; i++) {
        const ask = () =>
          desk()
            .with({ idempotencyKey: `key ${i}` })
            .ask.sell(`i${i}`);
        const cut = proxy.inject({ kind: 'cut', when, pattern: 'COMMIT\0', times: 1, how });
        const first = await ask().then(
          (value) => ({ value }),
          (error: { code: string }) => ({ error }),
        );
        expect(cut.fired).toBe(1);
        cut.remove();
        // What was found to be committed is answered, whatever has become of the line.
        const rows = await shop.dataSource.getRepository(Invoice).countBy({ id: `i${i}` });
        if (when === 'before') expect([rows, first]).toEqual([0, { error: expect.anything() as unknown }]);
        else expect([rows, first]).toEqual([1, { value: i + 1 }]);
        committed += rows;
        await expect(ask()).resolves.toBe(i + 1);
        await expect(ask()).resolves.toBe(i + 1);
      }
      expect(committed).toBe(when === 'before' ? 0 : CUTS);
      const ids = Array.from({ length: CUTS }, (_, i) => `i${i}`);
      await expect(desk().ask.all()).resolves.toEqual(ids);
      expect(await shop.invoices()).toEqual([...ids].sort());
      await expect(shop.stock()).resolves.toEqual({ a: 10 - CUTS });
      expect((await desk().history.verify()).ok).toBe(true);
    },
    120_000,
  );

  /** Somebody else's change of the same row: it waits for as long as a transaction has it. */
  const touch = () => shop.dataSource.getRepository(Stock).increment({ sku: 'a' }, 'quantity', 1);

  it.each<[string, (em: EntityManager) => Promise<unknown>]>([
    ['that waits for something else', () => new Promise(() => undefined)],
    ['whose statement runs', (em) => em.query('SELECT pg_sleep(600)')],
  ])('is undone when its turn has become too old: work %s', async (_, inside) => {
    Desk.inside = inside;
    expect(await failureOf(desk().ask.sell('late'))).toMatchObject({
      message: expect.stringMatching(/2000 ms/) as string,
    });
    await touch();
    await expect(shop.stock()).resolves.toEqual({ a: 11 });
    Desk.inside = () => Promise.resolve();
    await expect(desk().ask.sell('next')).resolves.toBe(1);
    expect(await shop.invoices()).toEqual(['next']);
  });

  it('that nobody ends is ended by the server: what it locked is free again (Z4)', async () => {
    const { transactions } = shop.module.get<Storage>(STORAGE, { strict: false });
    const left = await (transactions as TurnTransactions).begin(300);
    await left.run((manager) => (manager as EntityManager).update(Stock, { sku: 'a' }, { quantity: 0 }));
    await touch(); // waits until then
    await expect(shop.stock()).resolves.toEqual({ a: 11 });
    await left.rollback();
  });

  it('goes on when every connection of the pool was cut while it was idle', async () => {
    await desk().ask.sell('one');
    const reset = proxy.inject({ kind: 'reset' });
    await until(() => proxy.stats.open === 0);
    reset.remove();
    let answer: unknown;
    await until(async () => {
      answer = await desk()
        .with({ idempotencyKey: 'two' })
        .ask.sell('two')
        .catch(() => undefined);
      return answer !== undefined;
    });
    expect(answer).toBe(2);
    expect(await shop.invoices()).toEqual(['one', 'two']);
  });
});
