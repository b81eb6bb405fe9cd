import type { DynamicModule } from '@nestjs/common';
import { type ActorClient, MemoryStorageModule, getActorToken, isPlexSpacesError } from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { ofKind } from '../durable/world';
import { postgresServer } from '../../support/servers/postgres-server';
import type { TestServer } from '../../support/servers/test-server';
import { databases } from './databases';
import { Created, Invoice, Plain, Seller, Shop, type ShopDatabase } from './shop';

// ctx.rows on a real SQLite file and a real Postgres: the application's tables, written in the commit of a turn (P3).

afterAll(() => Promise.all(databases.map((database) => database.remove())));

/** From now on what is sold out of `b` takes its row along. */
function soldOut(database: ShopDatabase, place: string): string {
  if (database.name === 'sqlite')
    return "CREATE TRIGGER gone AFTER UPDATE ON stock WHEN new.sku = 'b' BEGIN DELETE FROM stock WHERE sku = 'b'; END";
  return `CREATE FUNCTION ${place}.gone() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN DELETE FROM ${place}.stock WHERE sku = 'b'; RETURN NULL; END $$;
    CREATE TRIGGER gone AFTER UPDATE ON ${place}.stock FOR EACH ROW WHEN (new.sku = 'b') EXECUTE FUNCTION ${place}.gone()`;
}

/** What a promise rejects with. */
async function failure(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string } & Record<string, unknown>> {
  const error: unknown = await promise.then(
    () => new Error('it was fulfilled'),
    (reason: unknown) => reason,
  );
  const { code, message } = error as { code: string; message: string };
  return { ...(error as object), code, message };
}

describe.each(databases)('ctx.rows on $name', (database: ShopDatabase) => {
  let place: string;
  let shop: Shop;
  beforeEach(async () => {
    place = await database.fresh();
    shop = await Shop.open(place, { database });
    await shop.add('a', 'b');
  });
  afterEach(() => shop.close());

  it('commits rows, state, effects and sends of one turn together', async () => {
    const seller = shop.ref(Seller);
    await expect(seller.ask.sell('a', 'i1')).resolves.toBe(1);
    await expect(shop.stock()).resolves.toMatchObject({ a: 9, b: 10 });
    await expect(shop.invoices()).resolves.toEqual(['i1']);
    await expect(shop.ref(Seller, 'archive').ask.bump()).resolves.toBe(2); // behind the tell
    await expect(shop.stock()).resolves.toMatchObject({ 'archive of i1': 1 });
    const [invoice] = await shop.dataSource.getRepository(Invoice).find({ relations: { item: true } });
    expect(invoice).toMatchObject({ status: 'open', item: { sku: 'a', quantity: 9 } });
  });

  it('shows a row to the DataSource only when its turn is committed', async () => {
    let open = (): void => undefined;
    Seller.gate = new Promise((resolve) => (open = resolve));
    const { calls } = Seller;
    const answer = shop.ref(Seller).ask.sell('a', 'i1');
    while (Seller.calls === calls) await new Promise((resolve) => setImmediate(resolve));
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 }); // its update is queued
    open();
    await answer;
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
  });

  it('ends a message whose statement misses its count with RowsRejectedError, and keeps nothing else of it', async () => {
    const seller = shop.ref(Seller);
    await seller.ask.bump();
    const error = await failure(seller.ask.sell('nowhere', 'i1'));
    expect(error).toMatchObject({
      code: 'PS_ROWS_REJECTED',
      actor: 'default/default/seller/a',
      method: 'sell',
      details: { entity: 'Stock', operation: 'update', violation: 'count', expected: 1, touched: 0 },
      message: expect.stringContaining('update of Stock touched 0 rows and had to touch 1') as string,
    });
    await expect(seller.ask.bump()).resolves.toBe(2);
    await expect(shop.invoices()).resolves.toEqual([]);
    await expect(shop.ref(Seller, 'archive').ask.total()).resolves.toBe(0); // no send left
  });

  it('gives a repeat of a rejected message the same answer, and does not run it again', async () => {
    const seller = shop.ref(Seller).with({ idempotencyKey: 'k' });
    const first = await failure(seller.ask.sell('nowhere', 'i1'));
    const { calls } = Seller;
    await shop.add('nowhere');
    const second = await failure(seller.ask.sell('nowhere', 'i1'));
    expect(second).toEqual(first);
    expect(Seller.calls).toBe(calls);
    await expect(shop.invoices()).resolves.toEqual([]);
  });

  it('gives it after a restart as well, from the record', async () => {
    const first = await failure(shop.ref(Seller).with({ idempotencyKey: 'k' }).ask.charge('nowhere'));
    await shop.close();
    shop = await Shop.open(place, { database });
    const second = await failure(shop.ref(Seller).with({ idempotencyKey: 'k' }).ask.charge('nowhere'));
    expect(second).toEqual(first);
    expect(second.code).toBe('PS_ROWS_REJECTED');
  });

  it.each([
    ['unique', 'a', 'taken'],
    ['foreignKey', 'b', 'i1'],
  ])('rejects a turn that breaks a constraint: %s', async (violation, sku, id) => {
    await shop.dataSource.getRepository(Invoice).insert({ id: 'taken' });
    await shop.dataSource.query(soldOut(database, place)); // by the time the invoice of `b` comes
    const seller = shop.ref(Seller);
    expect(await failure(seller.ask.sell(sku, id))).toMatchObject({
      code: 'PS_ROWS_REJECTED',
      details: { entity: 'Invoice', operation: 'insert', violation, touched: null, expected: null },
    });
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(shop.invoices()).resolves.toEqual(['taken']);
    await expect(seller.ask.total()).resolves.toBe(0);
  });

  it('rejects a turn alone: messages behind it on the same actor run on the state before it', async () => {
    const seller = shop.ref(Seller);
    const results = await Promise.allSettled([
      seller.ask.charge('a'),
      seller.ask.charge('nowhere'),
      seller.ask.bump(),
      seller.ask.charge('b'),
      seller.ask.charge('nowhere either'),
      seller.ask.bump(),
    ]);
    expect(
      results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).name)),
    ).toEqual([1, 'RowsRejectedError', 2, 3, 'RowsRejectedError', 4]);
    await expect(shop.stock()).resolves.toEqual({ a: 0, b: 0 });
  });

  it('rejects a turn alone: other actors of the same flush do not notice', async () => {
    const sellers = Array.from({ length: 20 }, (_, i) => shop.ref(Seller, `s${i}`));
    await shop.add(...sellers.map((_, i) => `sku ${i}`));
    const results = await Promise.allSettled(
      sellers.map((seller, i) => seller.ask.charge(i % 3 === 1 ? 'nowhere' : `sku ${i}`)),
    );
    expect(results.map(({ status }) => status)).toEqual(
      sellers.map((_, i) => (i % 3 === 1 ? 'rejected' : 'fulfilled')),
    );
    const stock = await shop.stock();
    for (let i = 0; i < 20; i++) expect(stock[`sku ${i}`]).toBe(i % 3 === 1 ? 10 : 0);
  });

  it('rejects a tell for good: it is answered in the journal, not tried again, and holds nobody up', async () => {
    const seller = shop.ref(Seller);
    await seller.tell.charge('nowhere');
    await seller.tell.bump();
    await expect(seller.ask.bump()).resolves.toBe(2);
    const answers = ofKind(await seller.history.entries(), 'MessageProcessed');
    expect(answers.map(({ error }) => error?.code ?? null)).toEqual(['PS_ROWS_REJECTED', null, null]);
  });

  it('keeps the effects of a rejected turn on record, and verifies clean', async () => {
    const seller = shop.ref(Seller);
    await failure(seller.ask.sell('nowhere', 'i1'));
    await seller.ask.sell('a', 'i2');
    await shop.ref(Seller, 'archive').ask.bump(); // behind the tell of that sale
    const before = { stock: await shop.stock(), calls: Seller.calls };
    const effects = ofKind(await seller.history.entries(), 'SideEffectExecuted');
    expect(effects.map(({ name }) => name)).toEqual(['pay', 'pay']);
    await expect(seller.history.verify()).resolves.toMatchObject({ divergences: [] });
    expect({ stock: await shop.stock(), calls: Seller.calls }).toEqual(before); // verifying wrote nothing
  });

  it.each(['crash', 'terminal'] as const)('drops the rows of a turn that fails: %s', async (how) => {
    await failure(shop.ref(Seller).ask.fail('i1', how));
    await expect(shop.invoices()).resolves.toEqual([]);
    await expect(shop.ref(Seller).ask.bump()).resolves.toBe(1);
  });

  it('refuses rows of a read-only handler', async () => {
    expect(await failure(shop.ref(Seller).ask.peek())).toMatchObject({
      code: 'PS_READ_ONLY_VIOLATION',
      message: expect.stringContaining('called rows.delete') as string,
    });
    await expect(shop.stock()).resolves.toHaveProperty('a');
  });

  it('refuses rows inside a side effect, which is not run again with its turn', async () => {
    for (const method of ['inside', 'takenInside'] as const)
      expect(await failure(shop.ref(Seller).ask[method]())).toMatchObject({
        message: expect.stringContaining('ctx.rows inside a side effect works only while') as string,
      });
    await expect(shop.stock()).resolves.toHaveProperty('a');
  });

  it('refuses rows after the turn has ended', async () => {
    Seller.late = undefined;
    await shop.ref(Seller).ask.left();
    while (Seller.late === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(isPlexSpacesError(Seller.late, 'PS_TURN_ENDED')).toBe(true);
  });

  it('refuses rows of an actor without a journal', async () => {
    expect(await failure(shop.ref(Plain).ask.sell())).toMatchObject({
      code: 'PS_ROWS_NOT_SUPPORTED',
      message: expect.stringMatching(/keeps no journal.*Attach durability\(\)/) as string,
    });
  });

  it('says at the call what cannot be compiled, as the final answer', async () => {
    const seller = shop.ref(Seller);
    expect(await failure(seller.ask.misspell())).toMatchObject({ code: 'PS_INVALID_ROWS' });
    for (const count of [-1, 1.5, Number.NaN, '1' as never])
      expect(await failure(seller.ask.expecting(count))).toMatchObject({
        code: 'PS_INVALID_ROWS',
        message: expect.stringContaining(`rows.delete of Stock was given expect: ${count}`) as string,
      });
    await expect(seller.ask.total()).resolves.toBe(0);
  });

  it('counts rows among what a turn may do (P12)', async () => {
    const seller = shop.ref(Seller);
    expect(await failure(seller.ask.flood(10_001))).toMatchObject({ code: 'PS_TURN_LIMIT' });
    await expect(shop.stock()).resolves.not.toHaveProperty('flood');
    await seller.ask.flood(500);
    await expect(shop.stock()).resolves.toMatchObject({ flood: 499 });
  });
});

describe.each(databases)('ctx.rows in onCreate on $name', (database: ShopDatabase) => {
  let creations: Shop;
  beforeEach(async () => (creations = await Shop.open(await database.fresh(), { actors: [Created], database })));
  afterEach(() => creations.close());
  const client = (): ActorClient<Created> => creations.module.get(getActorToken(Created));

  it('is part of the creation', async () => {
    const actor = await client().spawn('x', 'a', 3);
    await expect(actor.ask.get()).resolves.toBe(3);
    await expect(creations.stock()).resolves.toEqual({ a: 3 });
  });

  it('rejected, leaves no actor, and the creation behind it starts from nothing', async () => {
    await creations.add('taken');
    const [first, second] = await Promise.allSettled([client().spawn('x', 'taken', 3), client().spawn('x', 'free', 4)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: 'PS_ROWS_REJECTED' } });
    expect(second.status).toBe('fulfilled');
    await expect(client().ref('x').ask.get()).resolves.toBe(4);
    await expect(creations.stock()).resolves.toEqual({ taken: 10, free: 4 });
  });
});

type Storages = [name: string, storage: (place: string) => DynamicModule, message: RegExp][];

const memory: Storages[number] = [
  'memory',
  () => MemoryStorageModule as never,
  /the memory storage has no tables of yours.*dataSource/,
];
const untold = /was not told where your entities are.*dataSource/;
const WITHOUT_ROWS: Readonly<Record<string, Storages>> = {
  sqlite: [
    memory,
    [
      'SQLite without a DataSource',
      (place) => TypeormStorageModule.sqlite(`${place}.journal`, { durability: 'relaxed' }),
      untold,
    ],
    [
      "SQLite ':memory:'",
      () => TypeormStorageModule.sqlite(':memory:', { durability: 'relaxed' }),
      /the sqlite storage has no tables of yours/,
    ],
  ],
  postgres: [
    memory,
    [
      'Postgres without a DataSource',
      (schema) =>
        TypeormStorageModule.postgres((postgresServer() as TestServer).url.href, { schema, durability: 'relaxed' }),
      untold,
    ],
  ],
};

describe.each(databases)('ctx.rows without a place for rows, beside $name', (database: ShopDatabase) => {
  it.each(WITHOUT_ROWS[database.name] as Storages)('is refused at the call: %s', async (_, storage, message) => {
    const place = await database.fresh();
    const other = await Shop.open(place, { storage: storage(place), database });
    await other.add('a');
    expect(await failure(other.ref(Seller).ask.charge('a'))).toMatchObject({
      code: 'PS_ROWS_NOT_SUPPORTED',
      message: expect.stringMatching(message) as string,
    });
    await expect(other.stock()).resolves.toEqual({ a: 10 });
    await expect(other.ref(Seller).ask.bump()).resolves.toBe(1);
    await other.close();
  });
});
