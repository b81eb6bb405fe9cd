import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { openStorage } from 'plexspaces';
import { type Storage, SystemEnv } from 'plexspaces/spi';
import { type App, closeApps, startApp } from '../../support/app';
import { postgresServer } from '../../support/servers/postgres-server';
import { PrivateRedis, redisBinary } from '../../support/servers/private-redis';
import { Tally, Till } from './cli-world';
import { dump, everything } from './dump-actors';

// SIGKILL of `plexspaces import` and `plexspaces purge` half way: what is there is served whole or not at all, and the same
// command ends what was begun.

const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-cli-crash-'));
const server = postgresServer();
const schemas: string[] = [];
let redis: PrivateRedis | undefined;
let files = 0;

interface Database {
  readonly name: string;
  readonly isThere: boolean;
  /** Restores and purges in steps of a transaction; elsewhere one script does it. */
  readonly hasSteps: boolean;
  readonly start?: () => Promise<void>;
  /** The URL of a store that is new. */
  readonly fresh: () => string;
}

const DATABASES: readonly Database[] = [
  { name: 'sqlite', isThere: true, hasSteps: true, fresh: () => `sqlite:${join(folder, `${++files}.db`)}` },
  {
    name: 'postgres',
    isThere: server !== undefined,
    hasSteps: true,
    fresh: () => {
      const schema = `cli_crash_${new SystemEnv().id().toLowerCase()}`;
      schemas.push(schema);
      return `${server?.url.href}?schema=${schema}`;
    },
  },
  {
    name: 'redis',
    isThere: redisBinary() !== undefined,
    hasSteps: false,
    start: async () => void (redis ??= await PrivateRedis.start()),
    fresh: () => `${redis?.url}?prefix=crash${++files}`,
  },
];

const isOfSteps = (point: string): boolean => /^\w+[.]midway=/.test(point);

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await redis?.destroy();
  if (server === undefined) return;
  const client = new Client({ connectionString: server.url.href });
  await client.connect();
  for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.end();
});

/** The command line in a process of its own. @returns exit code, or the signal it died by */
async function plexspaces(failpoints: string, ...args: readonly string[]): Promise<number | string | null> {
  const main = join(root, 'libs/cli/src/main.ts');
  const child = spawn(process.execPath, ['-r', './test/register.cjs', main, ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0 && code !== null) throw new Error(said);
  return signal ?? code;
}

async function withApp<T>(url: string, use: (app: App) => Promise<T>): Promise<T> {
  const result = await use(await startApp({ actors: [Tally, Till], storage: url }));
  await closeApps();
  return result;
}

async function withStore<T>(url: string, use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

/** What an application makes of what is there: a whole actor, or none. It asks nothing of actors that are not archived yet. */
async function served(url: string, whole: object): Promise<void> {
  const { status, epoch } = await withStore(url, (store) => store.journal.head(TALLY));
  await withApp(url, async (app) => {
    for (let i = 0; i < TILLS; i++)
      await expect(app.client(Till).ref(`t${i}`).ask.put(1)).rejects.toMatchObject({
        code: expect.stringMatching(/^PS_(ACTOR_TERMINATED|ACTOR_NOT_FOUND|IMPORT_UNFINISHED)$/) as string,
      });
    const answer = () => app.client(Tally).ref('a').with({ idempotencyKey: 'once' }).ask.add(1);
    if (TALLY in whole) await expect(answer()).resolves.toBe(21);
    else if (status === 'absent' && epoch > 0)
      await expect(answer()).rejects.toMatchObject({ code: 'PS_IMPORT_UNFINISHED' });
  });
}

const TALLY = 'default/default/tally/a';
const TILLS = 6;

/** Turns, checkpoints, a parked message, an answer under a key, a message that waits, tills that were stopped. */
function fill(url: string): Promise<void> {
  return withApp(url, async (app) => {
    const tally = app.client(Tally).ref('a');
    for (let i = 0; i < 20; i++) await tally.ask.add(1);
    await tally.with({ idempotencyKey: 'once' }).ask.add(1);
    await tally.with({ delay: '20d' }).tell.add(1_000);
    await app
      .client(Tally)
      .ref('poisoned')
      .ask.poison()
      .catch(() => undefined);
    await app.client(Tally).ref('poisoned').tell.poison();
    for (let i = 0; i < TILLS; i++) {
      const till = app.client(Till).ref(`t${i}`);
      await till.orCreate();
      for (let put = 0; put < 3; put++) await till.with({ idempotencyKey: `put ${put}` }).ask.put(1);
      await till.stop();
    }
  });
}

describe.each(DATABASES)('SIGKILL of the command line on $name', ({ isThere, hasSteps, start, fresh }) => {
  const whereThere = isThere ? it : it.skip;
  const passed = (points: readonly string[]): string[] => points.filter((point) => hasSteps || !isOfSteps(point));
  let url: string;
  let archive: string;
  let before: Record<string, { readonly head: { readonly status: string } }>;

  beforeAll(async () => {
    if (!isThere) return;
    await start?.();
    url = fresh();
    archive = join(folder, `${++files}.archive`);
    await fill(url);
    expect(await plexspaces('', 'export', archive, '--storage', url)).toBe(0);
    before = (await withStore(url, everything)) as typeof before;
    expect(Object.keys(before)).toHaveLength(2 + TILLS);
  }, 60_000);

  whereThere.each(
    passed([
      'restore.midway=kill@4',
      'import.afterEntries=kill@1',
      'import.afterEntries=kill@5',
      'import.afterCheckpoint=kill@1',
      'import.afterRow=kill@1',
      'import.afterRow=kill@3',
      'import.afterEnd=kill@1',
    ]),
  )(
    'import dies at %s: an actor is served as it was archived, or not at all; once more, and all is there',
    async (point) => {
      const target = fresh();
      expect(await plexspaces(point, 'import', archive, '--storage', target)).toBe('SIGKILL');
      const half = (await withStore(target, everything)) as typeof before; // those that exist
      for (const [actor, found] of Object.entries(half)) expect([actor, found]).toEqual([actor, before[actor]]);
      expect(Object.keys(half).length).toBeLessThan(Object.keys(before).length);
      await served(target, half);
      expect(await plexspaces('', 'import', archive, '--storage', target)).toBe(0);
      expect(await withStore(target, everything)).toEqual(before);
      await withApp(target, async (app) => {
        const tally = app.client(Tally).ref('a');
        await expect(tally.with({ idempotencyKey: 'once' }).ask.add(1)).resolves.toBe(21);
        await expect(tally.ask.add(1)).resolves.toBe(22);
        expect((await tally.history.verify()).ok).toBe(true);
        await expect(app.client(Till).ref('t0').ask.put(1)).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
      });
    },
    60_000,
  );

  describe('of a range', () => {
    let before: unknown;
    let target: string;
    let range: string;

    /** A long history of which an archive holds all but the end; what the store kept is left. */
    beforeEach(async () => {
      if (!isThere) return;
      target = fresh();
      range = join(folder, `${++files}.archive`);
      await withApp(target, async (app) => {
        const tally = app.client(Tally).ref('a');
        await tally.with({ idempotencyKey: 'once' }).ask.add(1);
        for (let i = 0; i < 160; i++) await tally.ask.add(1);
      });
      before = await withStore(target, (store) => dump(store, TALLY));
      const cut = ['export', range, '--before-checkpoint', '--truncate', '--storage', target];
      expect(await plexspaces('', ...cut)).toBe(0);
      expect(await kept()).toBeLessThan(30);
    }, 60_000);

    /** How many entries there are, without a gap, up to the head. */
    const kept = (): Promise<number> =>
      withStore(target, async ({ journal }) => {
        const seqs: number[] = [];
        for await (const page of journal.read(TALLY, 0)) seqs.push(...page.map(({ seq }) => seq));
        const { seq } = await journal.head(TALLY);
        expect(seqs).toEqual(seqs.map((_, i) => seq - seqs.length + 1 + i));
        return seqs.length;
      });

    whereThere.each(
      passed([
        'import.afterEntries=kill@1',
        'import.afterEntries=kill@2',
        'restore.midway=kill@1',
        'restore.midway=kill@3',
      ]),
    )(
      'import dies at %s: the journal has no gap and its actor works; once more, and every entry is back',
      async (point) => {
        const [cut, importing] = [await kept(), ['import', range, '--storage', target]];
        expect(await plexspaces(point, ...importing)).toBe('SIGKILL');
        const half = await kept();
        if (point.startsWith('import')) expect(half).toBeGreaterThan(cut);
        await withApp(target, (app) =>
          expect(app.client(Tally).ref('a').with({ idempotencyKey: 'once' }).ask.add(1)).resolves.toBe(1),
        );
        expect(await kept()).toBe(half);
        expect(await plexspaces('', ...importing)).toBe(0);
        expect(await withStore(target, (store) => dump(store, TALLY))).toEqual(before);
        await withApp(target, async (app) => {
          const tally = app.client(Tally).ref('a');
          await expect(tally.ask.add(1)).resolves.toBe(162);
          expect((await tally.history.verify()).ok).toBe(true);
        });
      },
      60_000,
    );

    whereThere(
      'import dies, and its actor goes on before the second try: what is archived still joins what is there',
      async () => {
        const importing = ['import', range, '--storage', target];
        expect(await plexspaces('import.afterEntries=kill@1', ...importing)).toBe('SIGKILL');
        await withApp(target, async (app) => {
          for (let i = 0; i < 12; i++) await app.client(Tally).ref('a').ask.add(1);
        });
        expect(await plexspaces('', ...importing)).toBe(0);
        await withApp(target, async (app) => {
          const tally = app.client(Tally).ref('a');
          await expect(tally.ask.add(1)).resolves.toBe(174);
          const { ok, turns } = await tally.history.verify();
          expect([ok, turns]).toEqual([true, 174]);
        });
      },
      60_000,
    );
  });

  whereThere.each(
    passed([
      'purge.afterCheckpoints=kill@1',
      `purge.afterCheckpoints=kill@${TILLS}`,
      'purge.midway=kill@1',
      'purge.after=kill@1',
    ]),
  )(
    'purge dies at %s: a terminated actor stays terminated, others are left alone; once more, and nothing is left of it',
    async (point) => {
      const target = fresh();
      expect(await plexspaces('', 'import', archive, '--storage', target)).toBe(0);
      // Of some only what follows a checkpoint is left.
      const cut = ['export', join(folder, `${++files}.archive`), '--before-checkpoint', '--truncate'];
      expect(await plexspaces('', ...cut, '--actor', 'default/default/till/t1', '--storage', target)).toBe(0);
      const purge = ['purge', '--prefix', 'default/default/', '--storage', target];
      expect(await plexspaces(point, ...purge)).toBe('SIGKILL');
      await withApp(target, async (app) => {
        for (let i = 0; i < TILLS; i++)
          await expect(app.client(Till).ref(`t${i}`).ask.put(1)).rejects.toMatchObject({
            code: 'PS_ACTOR_TERMINATED',
          });
        await expect(app.client(Tally).ref('a').with({ idempotencyKey: 'once' }).ask.add(1)).resolves.toBe(21);
      });
      expect(await plexspaces('', ...purge)).toBe(0);
      const left = (await withStore(target, everything)) as typeof before;
      for (const [actor, found] of Object.entries(left)) {
        if (!actor.includes('/till/')) continue;
        expect(found).toMatchObject({ head: { status: 'terminated' }, entries: [], checkpoints: [] });
      }
      expect(Object.keys(left)).toEqual(Object.keys(before));
      expect(left['default/default/tally/poisoned']).toEqual(before['default/default/tally/poisoned']);
    },
    60_000,
  );
});
