import { STORAGE, type Storage } from 'plexspaces/spi';
import type { EntityManager } from 'typeorm';
import { Invoice, Log, Plain, Shop, Stock, Till, removeFolder } from './shop';
import { postgres } from './postgres-database';

// ctx.transact: a transaction of the application's that the commit of a turn is part of (Z1–Z5).

const actors = [Till, Log, Plain];

async function failure(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => new Error('it was fulfilled'),
    (error: unknown) => error as Error,
  );
}

const on = postgres === undefined ? describe.skip : describe;
on('ctx.transact on Postgres', () => {
  const database = postgres as NonNullable<typeof postgres>;
  let place: string;
  let shop: Shop;
  beforeEach(async () => {
    Till.inside = () => Promise.resolve();
    Till.behind = () => undefined;
    Till.runs = Till.effects = 0;
    place = await database.fresh();
    shop = await Shop.open(place, { actors, database });
    await shop.add('a', 'b');
  });
  afterEach(() => shop.close());
  afterAll(() => database.remove());

  const till = (key = 'a') => shop.ref(Till, key);

  it('commits what it did with state, rows, effects and sends of the turn (Z1)', async () => {
    await expect(till().ask.take('a')).resolves.toBe(9);
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
    expect((await shop.invoices()).map((id) => id.slice(0, 3))).toEqual(['em ', 'row']);
    await expect(shop.ref(Log, 'till').ask.behind()).resolves.toEqual(['a']);
    await expect(till().ask.bump()).resolves.toBe(12);
    const { divergences } = (await till().history.verify()) as unknown as { divergences: readonly unknown[] };
    expect(divergences).toEqual([]);
    expect(Till.runs).toBe(1); // verified on its record
  });

  it('is not run again by a repeat, nor by a restart', async () => {
    await till().with({ idempotencyKey: 'k' }).ask.take('a');
    await shop.close();
    shop = await Shop.open(place, { actors, database });
    await expect(till().with({ idempotencyKey: 'k' }).ask.take('a')).resolves.toBe(9);
    await expect(till().ask.bump()).resolves.toBe(12);
    expect(Till.runs).toBe(1);
  });

  it('shows nothing of it before the commit, and lets other actors commit meanwhile (Z3)', async () => {
    Till.inside = async () => {
      await expect(shop.ref(Log, 'beside').ask.behind()).resolves.toEqual([]);
      await shop
        .ref(Log, 'beside')
        .ask.add('x')
        .catch(() => undefined);
      expect(await shop.stock()).toEqual({ a: 10, b: 10 });
    };
    const error = await failure(till().ask.just('a'));
    expect(error.code).toBe('PS_TRANSACT_LAST'); // asks inside it are of the turn
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    Till.inside = () => gate;
    const answer = till().ask.just('a');
    await shop.ref(Log, 'beside').ask.add('x');
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    open();
    await answer;
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
  });

  it('keeps the line: turns behind it see its state, and those before it are durable first (P2)', async () => {
    const answers = await Promise.all([
      till().ask.bump(),
      till().ask.just('a'),
      till().ask.bump(),
      till().ask.just('a'),
      till().ask.just('b'),
      till().ask.bump(),
    ]);
    expect(answers).toEqual([1, 2, 3, 4, 5, 6]);
    await expect(shop.stock()).resolves.toEqual({ a: 8, b: 9 });
  });

  it('serves many actors at once', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, i) => till(`t${i}`).ask.take(i % 2 === 0 ? 'a' : 'b')));
    const { a, b } = (await shop.stock()) as { a: number; b: number };
    expect(await shop.invoices()).toHaveLength(24);
    expect([a >= 4 && a < 10, b >= 4 && b < 10]).toEqual([true, true]); // READ COMMITTED: what the handler reads may be overtaken
  });

  it('is undone by a throw, which fails the turn whatever the handler makes of it (P7)', async () => {
    Till.inside = () => Promise.reject(new Error('boom'));
    const error = await failure(till().with({ idempotencyKey: 'k' }).ask.just('a'));
    expect(error.message).toMatch(/boom/);
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(till().ask.bump()).resolves.toBe(1);
    Till.inside = () => Promise.resolve();
    await expect(till().with({ idempotencyKey: 'k' }).ask.just('a')).resolves.toBe(2);
  });

  it('is undone when the handler throws behind it', async () => {
    Till.behind = () => {
      throw new Error('late');
    };
    Till.inside = () => Promise.resolve();
    const answer = till().ask.take('a');
    const error = await failure(answer);
    expect(error.message).toMatch(/failed 5 times.*late/);
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(shop.invoices()).resolves.toEqual([]);
    expect([Till.runs, Till.effects]).toEqual([5, 1]); // run again with its turn, the recorded effect is not
  }, 60_000);

  it.each<[string, (ctx: Parameters<typeof Till.behind>[0]) => unknown]>([
    ['an effect', (ctx) => ctx.sideEffect('late', () => 1)],
    ['a tell', (ctx) => ctx.actor(Log, 'x').tell.add('x')],
    [
      'a tell that nobody awaits',
      (ctx) =>
        void ctx
          .actor(Log, 'x')
          .tell.add('x')
          .catch(() => undefined),
    ],
    ['an ask', (ctx) => ctx.actor(Log, 'x').ask.add('x')],
    ['a row', (ctx) => ctx.rows.delete(Stock, { sku: 'a' })],
    ['a sleep', (ctx) => ctx.sleep(1)],
    ['another one', (ctx) => ctx.transact(() => Promise.resolve())],
  ])('is the last act: %s behind it undoes the turn', async (_, act) => {
    Till.behind = act;
    expect(await failure(till().ask.take('a'))).toMatchObject({ code: 'PS_TRANSACT_LAST' });
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(shop.ref(Log, 'x').ask.behind()).resolves.toEqual([]);
    Till.behind = () => undefined;
    await expect(till().ask.take('a')).resolves.toBe(9);
  });

  it('is run again where another transaction stood in its way', async () => {
    let first = true;
    Till.inside = async (em: EntityManager) => {
      if (!first) return;
      first = false;
      await em.query(`DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40001'; END $$`);
    };
    await expect(till().ask.just('a')).resolves.toBe(1);
    expect(Till.runs).toBe(2);
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
  });

  it('is run again where the database undid it and the function went on', async () => {
    let first = true;
    Till.inside = async (em: EntityManager) => {
      if (first) await em.query('SELECT 1 / 0').catch(() => undefined);
      first = false;
    };
    await expect(till().ask.just('a')).resolves.toBe(1);
    expect(Till.runs).toBe(2);
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
  });

  it('is rolled back when its connection dies, and the turn with it', async () => {
    let first = true;
    Till.inside = async (em: EntityManager) => {
      if (first) await em.query('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
      first = false;
    };
    const answer = await failure(till().with({ idempotencyKey: 'k' }).ask.just('a'));
    expect(answer.message).not.toBe('it was fulfilled');
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(till().with({ idempotencyKey: 'k' }).ask.just('a')).resolves.toBe(1);
    await expect(shop.stock()).resolves.toEqual({ a: 9, b: 10 });
  });

  it('loses to another activation that wrote meanwhile, with all it did (V4, Z2)', async () => {
    const other = await Shop.open(place, { actors, database, leased: false });
    await till().ask.bump();
    let inside!: () => void;
    let open = (): void => undefined;
    const reached = new Promise<void>((resolve) => (inside = resolve));
    const gate = new Promise<void>((resolve) => (open = resolve));
    Till.inside = () => {
      inside();
      return gate;
    };
    const loser = failure(till().ask.just('a'));
    await reached;
    await expect(other.ref(Till).ask.bump()).resolves.toBe(2);
    open();
    expect((await loser).code).toBe('PS_VERSION_CONFLICT');
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(other.ref(Till).ask.bump()).resolves.toBe(3);
    await other.close();
  });

  it.each<[string, (em: EntityManager) => Promise<unknown> | undefined]>([
    ['commitTransaction', (em) => em.queryRunner?.commitTransaction()],
    ['rollbackTransaction', (em) => em.queryRunner?.rollbackTransaction()],
    ['release', (em) => em.queryRunner?.release()],
  ])('does not let its function end it: %s (Z1)', async (_, end) => {
    Till.inside = async (em: EntityManager) => {
      await em.transaction((nested) => nested.insert(Invoice, { id: 'nested' }));
      await end(em);
    };
    expect(await failure(till().ask.just('a'))).toMatchObject({ code: 'PS_TRANSACT_END' });
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
    await expect(shop.invoices()).resolves.toEqual([]);
    Till.inside = (em: EntityManager) => em.transaction((nested) => nested.insert(Invoice, { id: 'nested' }));
    await expect(till().ask.just('a')).resolves.toBe(1);
    await expect(shop.invoices()).resolves.toEqual(['nested']);
  });

  it('takes nothing from a branch that was left behind (E1)', async () => {
    let late: Promise<unknown> = Promise.resolve();
    Till.inside = (em: EntityManager) => {
      late = new Promise((resolve) => setImmediate(resolve)).then(() =>
        em.update(Stock, { sku: 'b' }, { quantity: 0 }),
      );
      late.catch(() => undefined);
      return Promise.reject(new Error('gone'));
    };
    await failure(till().ask.just('a'));
    await late.catch(() => undefined);
    await expect(shop.stock()).resolves.toEqual({ a: 10, b: 10 });
  });

  it('refuses what has no commit it could be part of', async () => {
    await shop.module.get<Storage>(STORAGE, { strict: false }).journal.close();
    expect((await failure(till().ask.just('a'))).message).toMatch(/closed|stopping/i);
  });
});

it('is refused by a storage that opens no transactions: sqlite', async () => {
  const shop = await Shop.open(undefined, { actors });
  await shop.add('a');
  expect(await failure(shop.ref(Till).ask.just('a'))).toMatchObject({
    code: 'PS_TRANSACTION_NOT_SUPPORTED',
    message: expect.stringMatching(/the sqlite storage opens none for a turn.*ctx\.rows/) as string,
  });
  await expect(shop.stock()).resolves.toEqual({ a: 10 });
  await shop.close();
  removeFolder();
});
