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
import { Tally, Till } from './cli-world';
import { everything } from './dump-actors';

// SIGKILL of `plexspaces import` and `plexspaces purge` half way: what is there is served whole or not at all, and the same
// command ends what was begun.

const root = join(__dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-cli-crash-'));
const server = postgresServer();
const schemas: string[] = [];
let files = 0;

const DATABASES: readonly (readonly [name: string, isThere: boolean, fresh: () => string])[] = [
  ['sqlite', true, () => `sqlite:${join(folder, `${++files}.db`)}`],
  [
    'postgres',
    server !== undefined,
    () => {
      const schema = `cli_crash_${new SystemEnv().id().toLowerCase()}`;
      schemas.push(schema);
      return `${server?.url.href}?schema=${schema}`;
    },
  ],
];

afterAll(async () => {
  rmSync(folder, { recursive: true });
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

describe.each(DATABASES)('SIGKILL of the command line on %s', (_, isThere, fresh) => {
  const whereThere = isThere ? it : it.skip;
  let url: string;
  let archive: string;
  let before: Record<string, { readonly head: { readonly status: string } }>;

  beforeAll(async () => {
    if (!isThere) return;
    url = fresh();
    archive = join(folder, `${++files}.archive`);
    await fill(url);
    expect(await plexspaces('', 'export', archive, '--storage', url)).toBe(0);
    before = (await withStore(url, everything)) as typeof before;
    expect(Object.keys(before)).toHaveLength(2 + TILLS);
  }, 60_000);

  whereThere.each([
    'restore.midway=kill@4',
    'import.afterEntries=kill@1',
    'import.afterEntries=kill@5',
    'import.afterCheckpoint=kill@1',
    'import.afterRow=kill@1',
    'import.afterRow=kill@3',
    'import.afterEnd=kill@1',
  ])(
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

  whereThere.each([
    'purge.afterCheckpoints=kill@1',
    `purge.afterCheckpoints=kill@${TILLS}`,
    'purge.midway=kill@1',
    'purge.after=kill@1',
  ])(
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
