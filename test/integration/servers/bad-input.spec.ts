import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  State,
  TerminalError,
  UseFacets,
  durability,
  openStorage,
  virtualActor,
} from 'plexspaces';
import { SystemEnv } from 'plexspaces/spi';
import { StateImage, encodeCheckpoint } from '#journal';
import { type App, type AppParts, closeApps, startApp } from '../../support/app';
import { PrivateRedis, redisBinary } from '../../support/servers/private-redis';
import { postgresServer } from '../../support/servers/postgres-server';
import { failureOf } from '../durable/gate';

// What a storage may not take for something else, through an application, on each storage that lasts.

const NASTY = ['', '\0', 'a\0b', '😀', '\ufffd', '\u2028', "'; DROP TABLE ps_actor; --"];
const KEY = NASTY.join().replaceAll('\0', '');
const LARGE = 10 * 1024 * 1024;

@Actor({ type: 'keeper' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
class Keeper {
  @State() kept: Record<string, unknown> = {};

  @Handle()
  async keep(name: string, value: unknown, @Ctx() ctx: ActorContext): Promise<unknown> {
    this.kept[name] = await ctx.sideEffect(name, () => value);
    await ctx.actor(Keeper, 'copy').tell.note(name, value);
    return value;
  }
  @Handle() note(name: string, value: unknown): void {
    this.kept[name] = value;
  }
  @Handle() measure(bytes: Uint8Array): number {
    return bytes.length;
  }
  @Handle() refuse(reason: string): void {
    throw new TerminalError(reason);
  }
  /** An answer that cannot be kept. */
  @Handle() say(length: number): string {
    return '😀'.repeat(length).slice(1);
  }
  /** A failure that says what cannot be kept. */
  @Handle() fail(): void {
    throw new TerminalError('half \ud800');
  }
  @Handle() behind(): Record<string, unknown> {
    return this.kept;
  }
  @Handle({ readOnly: true }) all(): Record<string, unknown> {
    return this.kept;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-bad-input-'));
const server = postgresServer();
const schemas: string[] = [];
let redis: PrivateRedis | undefined;
let redisDatabase = 0;
let files = 0;

const STORAGES: readonly (readonly [name: string, isThere: boolean, fresh: () => Promise<string>])[] = [
  ['sqlite', true, () => Promise.resolve(`sqlite:${join(folder, `${++files}.db`)}`)],
  [
    'postgres',
    server !== undefined,
    () => {
      const schema = `bad_input_${new SystemEnv().id().toLowerCase()}`;
      schemas.push(schema);
      return Promise.resolve(`${server?.url.href}?schema=${schema}`);
    },
  ],
  [
    'redis',
    redisBinary() !== undefined,
    async () => {
      redis ??= await PrivateRedis.start();
      return `${redis.url}/${redisDatabase++}`;
    },
  ],
];

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await redis?.destroy();
  if (server === undefined) return;
  const client = new Client({ connectionString: server.url.href });
  await client.connect();
  for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
});

describe.each(STORAGES)('bad input on %s', (name, isThere, fresh) => {
  const whereThere = isThere ? it : it.skip;
  let url: string;
  beforeEach(async () => {
    if (isThere) url = await fresh();
  });
  afterEach(closeApps);

  const start = (options: Partial<AppParts> = {}): Promise<App> =>
    startApp({ actors: [Keeper], storage: url, lease: { ttl: '2s' }, ...options });

  whereThere('NUL is kept wherever there is text, in this life and in the next', async () => {
    const kept = Object.fromEntries(NASTY.map((text, i) => [`${i} ${text}`, { text, list: [text] }]));
    const first = await start();
    const keeper = first.client(Keeper).ref(KEY);
    for (const [key, value] of Object.entries(kept)) await expect(keeper.ask.keep(key, value)).resolves.toEqual(value);
    const messages = await Promise.all(NASTY.map(async (text) => (await failureOf(keeper.ask.refuse(text))).message));
    expect(messages).toEqual(NASTY);
    await first.close();
    const second = await start();
    const again = second.client(Keeper).ref(KEY);
    await expect(again.ask.all()).resolves.toEqual(kept);
    await expect(second.client(Keeper).ref('copy').ask.behind()).resolves.toEqual(kept);
    expect((await again.history.verify()).ok).toBe(true);
  });

  whereThere('what has no UTF-8 form is refused by name, and the actor goes on', async () => {
    const keeper = (await start()).client(Keeper).ref('k');
    for (const text of ['\ud800', '\udfff tail', 'a\ud83d']) {
      for (const outcome of [keeper.ask.keep('a', text), keeper.tell.note('a', [text]), keeper.ask.say(text.length)])
        expect(await failureOf(outcome)).toMatchObject({ code: 'PS_INVALID_PAYLOAD' });
      expect(() => keeper.with({ idempotencyKey: text })).toThrow(/a lone surrogate/);
    }
    for (const option of ['idempotencyKey', 'principal', 'correlationId'])
      expect(() => keeper.with({ [option]: 'a\0b' })).toThrow(/contains NUL/);
    await expect(keeper.ask.all()).resolves.toEqual({});
    expect((await failureOf(keeper.ask.fail())).message).toContain('half');
    await expect(keeper.with({ idempotencyKey: 'fail' }).ask.behind()).resolves.toEqual({});
  });

  whereThere('ten megabytes are refused by name where they may not be, and kept whole where they may', async () => {
    const bytes = new Uint8Array(LARGE).map((_, i) => i * 31 + (i >> 8));
    const small = await start();
    const keeper = small.client(Keeper).ref('k');
    for (const answer of [keeper.ask.measure(bytes), keeper.tell.measure(bytes), keeper.ask.keep('large', bytes)])
      expect(await failureOf(answer)).toMatchObject({ code: 'PS_PAYLOAD_TOO_LARGE' });
    await expect(keeper.ask.all()).resolves.toEqual({});
    await small.close();
    const large = await start({ payload: { maxBytes: 2 * LARGE } });
    const open = large.client(Keeper).ref('k');
    await expect(open.with({ idempotencyKey: 'm' }).ask.measure(bytes)).resolves.toBe(LARGE);
    expect((await open.history.verify()).ok).toBe(true);
  });

  whereThere('a checkpoint ahead of its journal is refused by name, and nothing is written', async () => {
    const first = await start();
    await first.client(Keeper).ref('k').ask.note('a', 1);
    const actor = first.client(Keeper).ref('k').actorId;
    await first.close();
    const store = await openStorage(url);
    const head = await store.journal.head(actor);
    const image = new StateImage();
    const ahead = { actor, seq: head.seq + 5, time: 1, schema: 1, image, activation: null };
    await store.checkpoints.save(await encodeCheckpoint(ahead, 'zstd'), 2);
    await store.close();
    const second = await start();
    expect(await failureOf(second.client(Keeper).ref('k').ask.note('b', 2))).toMatchObject({
      code: 'PS_CHECKPOINT_AHEAD',
    });
    await second.close();
    const after = await openStorage(url);
    expect((await after.journal.head(actor)).seq).toBe(head.seq);
    await after.close();
  });

  if (name === 'sqlite') return; // a file has one process
  whereThere('two nodes with one node id: the second does not start, and the first goes on', async () => {
    const first = await start({ nodeId: 'same' });
    expect(await failureOf(start({ nodeId: 'same' }))).toMatchObject({ code: 'PS_NODE_ID_IN_USE' });
    await expect(first.client(Keeper).ref('k').ask.note('a', 1)).resolves.toBeUndefined();
    await first.close();
    const second = await start({ nodeId: 'same' });
    await expect(second.client(Keeper).ref('k').ask.all()).resolves.toEqual({ a: 1 });
  });
});
