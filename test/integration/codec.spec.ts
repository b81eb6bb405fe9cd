import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SqliteStorage } from '#storage/sqlite';
import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  StateList,
  StateMap,
  StateSet,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { type App, type AppParts, closeApps, startApp } from '../support/app';

type Codec = NonNullable<AppParts['codec']>;

@Actor({ type: 'cart' })
@UseFacets(durability({ checkpointEvery: 4, compression: 'none' }), virtualActor())
class Cart {
  @State() total = 0n;
  @State() last: unknown = null;
  @State() readonly lines = new StateMap<string, { readonly at: Date; readonly tags: ReadonlySet<string> }>();
  @State() readonly log = new StateList<unknown>();
  @State() readonly seen = new StateSet<number>();

  @Handle() async add(id: string, value: unknown, @Ctx() ctx: ActorContext): Promise<unknown> {
    this.total += 1n;
    this.last = value;
    this.lines.set(id, { at: new Date(5), tags: new Set([id]) });
    this.log.push(value);
    this.seen.add(this.seen.size);
    await ctx.actor(Cart, 'archive').tell.keep(value);
    return { id, value, rate: await this.rate(value) };
  }
  @Handle() keep(value: unknown): void {
    this.last = value;
  }
  @Handle() fail(value: unknown): void {
    throw new TerminalError('no', { value });
  }
  @Handle({ readOnly: true }) look(): unknown {
    return {
      total: this.total,
      last: this.last,
      lines: this.lines.toMap(),
      log: [...this.log],
      seen: this.seen.toSet(),
    };
  }
  @SideEffect() protected async rate(value: unknown): Promise<unknown> {
    return [value, new Date(7)];
  }
}

const shared = { n: 1 };
const VALUES: readonly unknown[] = [
  { text: 'a\0b', list: [1, undefined, NaN], big: 2n ** 70n },
  new Map<unknown, unknown>([[{ k: 1 }, Buffer.from('bytes')]]),
  [shared, shared, new Float64Array([1.5])],
  { $Date: 'no date' },
  Object.assign(new RangeError('far'), { code: 'E_FAR' }),
  null,
  undefined,
  5,
  'text',
];

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-codec-'));
let files = 0;
let path: string;
let storage: SqliteStorage;
beforeEach(async () => {
  path = join(folder, `${files++}.db`);
  storage = await SqliteStorage.open(path);
});
afterEach(async () => {
  await closeApps();
  await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const start = (codec: Codec, more: Partial<AppParts> = {}): Promise<App> =>
  startApp({ actors: [Cart], storage, codec, ...more });
const cart = (app: App, key = 'a') => app.client(Cart).ref(key);

/** As a SQL client sees it. */
function select(sql: string): unknown[] {
  const db = new Database(path, { readonly: true });
  const rows = db.prepare(sql).raw().all() as unknown[][];
  db.close();
  return rows.map((row) => (row.length === 1 ? row[0] : row));
}

describe.each([
  ['msgpack', 'json'],
  ['json', 'msgpack'],
  ['json', 'json'],
] as const)('a journal begun in %s and continued in %s', (before, after) => {
  it('gives back the same values, answers and state, and holds', async () => {
    const first = await start(before);
    for (const [i, value] of VALUES.entries()) {
      const answer = await cart(first)
        .with({ idempotencyKey: `k${i}` })
        .ask.add(`l${i}`, value);
      expect(answer).toStrictEqual({ id: `l${i}`, value, rate: [value, new Date(7)] });
    }
    const failure: unknown = await cart(first)
      .with({ idempotencyKey: 'f' })
      .ask.fail([1n])
      .catch((error: unknown) => error);
    const seen = await cart(first).ask.look();
    await first.close();

    const second = await start(after);
    expect(await cart(second).ask.look()).toStrictEqual(seen);
    for (const [i, value] of VALUES.entries()) {
      const answer = await cart(second)
        .with({ idempotencyKey: `k${i}` })
        .ask.add(`l${i}`, value);
      expect(answer).toStrictEqual({ id: `l${i}`, value, rate: [value, new Date(7)] });
    }
    await expect(cart(second).with({ idempotencyKey: 'k1' }).ask.add('l1', 'other')).rejects.toMatchObject({
      code: 'PS_IDEMPOTENCY_CONFLICT',
    });
    const again: unknown = await cart(second)
      .with({ idempotencyKey: 'f' })
      .ask.fail([1n])
      .catch((error: unknown) => error);
    expect(again).toStrictEqual(failure);
    expect(await cart(second).ask.look()).toStrictEqual(seen);
    await cart(second).ask.add('more', { more: true });
    expect(await cart(second).ask.look()).toMatchObject({ total: 10n, last: { more: true } });
    expect(await cart(second).history.verify()).toMatchObject({ ok: true, divergences: [] });
    await second.close();
    expect(await cart(await start(before)).ask.look()).toMatchObject({ total: 10n, last: { more: true } });
  });

  it('carries on with messages that wait', async () => {
    const first = await start(before);
    await cart(first)
      .with({ delay: 1 })
      .tell.add('late', { at: new Date(9) });
    await first.close();
    const second = await start(after);
    for (let tries = 0; ; tries++) {
      const { total } = (await cart(second).ask.look()) as { total: bigint };
      if (total === 1n) break;
      expect(tries).toBeLessThan(10_000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await cart(second).ask.look()).toMatchObject({ last: { at: new Date(9) } });
  });
});

describe('JSON in a SQL client', () => {
  it('shows arguments, effects, state, answers, waiting messages and checkpoints', async () => {
    const app = await start('json');
    for (let i = 0; i < 4; i++) await cart(app).ask.add(`l${i}`, { price: 5n });
    await cart(app).with({ delay: '1h' }).tell.keep({ waiting: true });
    await app.close();
    const entries =
      "(SELECT CAST(substr(entry, 7) AS text) AS e FROM journal_entries WHERE actor_id LIKE '%/a' ORDER BY sequence_number)";
    expect(select(`SELECT e ->> '$.payload' FROM ${entries} WHERE e ->> '$.kind' = 'MessageReceived' LIMIT 1`)).toEqual(
      ['["l0",{"price":{"$bigint":"5"}}]'],
    );
    expect(select(`SELECT e ->> '$.result' FROM ${entries} WHERE e ->> '$.name' = 'rate' LIMIT 1`)).toEqual([
      '[{"price":{"$bigint":"5"}},{"$Date":"1970-01-01T00:00:00.007Z"}]',
    ]);
    expect(select(`SELECT e ->> '$.values' FROM ${entries} WHERE e ->> '$.kind' = 'StateChanged' LIMIT 1`)).toEqual([
      '["total",{"$bigint":"1"},"last",{"$value":{"price":{"$bigint":"5"}}}]',
    ]);
    expect(
      select(
        "SELECT CAST(substr(answer, 7) AS text) ->> '$.result.id' FROM ps_inbox WHERE answer IS NOT NULL AND length(answer) > 40 ORDER BY position",
      ),
    ).toEqual(['l0', 'l1', 'l2', 'l3']);
    expect(
      select("SELECT CAST(substr(message, 7) AS text) ->> '$[1]' FROM ps_inbox WHERE message IS NOT NULL"),
    ).toEqual(['[{"waiting":true}]']);
    expect(
      select("SELECT CAST(substr(state, 17) AS text) ->> '$.state[0]' FROM checkpoints WHERE actor_id LIKE '%/a'"),
    ).toEqual(['["total",null,{"$bigint":"4"}]']);
  });

  it('is refused as the codec of an application by another name', async () => {
    await expect(start('yaml' as Codec)).rejects.toThrow(/codec must be 'msgpack' or 'json', not "yaml"/);
  });
});
