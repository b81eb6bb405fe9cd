import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Actor, type ActorRef, Handle, MemoryStorage, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { PlexSpacesHealth, PlexSpacesHealthModule } from 'plexspaces/health';
import type { Storage } from 'plexspaces/spi';
import { ManualClock } from 'plexspaces/testing';
import { SqliteStorage } from '#storage/sqlite';
import { type App, closeApps, startApp } from '../../support/app';
import { canMount, removeDisk, smallDisk } from '../../support/small-disk';

// A store that answers what it is asked, and refuses what is to be written.

@Actor({ type: 'kept' })
@UseFacets(durability(), virtualActor())
class Kept {
  @State() text = '';
  @Handle() keep(bytes: number): number {
    this.text = 'x'.repeat(bytes);
    return bytes;
  }
}

const LARGE = 2_000_000;
let clock: ManualClock;
let ref: ActorRef<Kept>;
let health: PlexSpacesHealth;

async function start(storage: Storage): Promise<App> {
  clock = new ManualClock();
  const isHere = storage instanceof MemoryStorage;
  const app = await startApp({ actors: [Kept], storage: isHere ? storage : clock.watching(storage), env: clock });
  ref = app.client(Kept).ref('a');
  const module = PlexSpacesHealthModule.forRoot({ standstill: '10s' });
  const options = module.providers?.find((each) => typeof each === 'object') as unknown as { useValue: never };
  health = new PlexSpacesHealth(app.system, options.useValue);
  return app;
}

const backlog = async (): Promise<unknown> => (await health.backlog())['backlog'];
const isReady = async (): Promise<boolean> => {
  const results = await Promise.all(health.readiness().map((indicator) => indicator()));
  return results.flatMap((each) => Object.values(each)).every(({ status }) => status === 'up');
};
const isAlive = async (): Promise<unknown> => (await health.liveness()[0]!())['progress']?.status;
const refused = async (): Promise<void> => {
  const code = ref.ask.keep(LARGE + 1).catch((error: { code: string }) => error.code); // other than what is kept
  expect(await clock.runUntil(code)).toMatch(/^PS_STOR/);
};

describe('a SQLite file that may not grow', () => {
  let folder: string;
  let storage: SqliteStorage;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plexspaces-full-'));
    storage = await SqliteStorage.open(join(folder, 'journal.db'), { maxBytes: 3_000_000 });
    await start(storage);
    expect(await clock.runUntil(ref.ask.keep(LARGE))).toBe(LARGE);
  });
  afterEach(async () => {
    await clock.runUntil(closeApps());
    await storage.close();
    rmSync(folder, { recursive: true });
  });

  it('[OB16] makes the node not ready when writes have failed for long enough, and ready with the first that is stored', async () => {
    for (let second = 0; second < 9; second += 3) {
      await refused();
      expect(await backlog()).toMatchObject({ status: 'up' });
      await clock.advance('3s');
    }
    await clock.advance('1s');
    await refused();
    expect(await backlog()).toMatchObject({ status: 'down', writesFailMs: expect.any(Number) });
    expect((await health.storage())['storage']).toMatchObject({ status: 'up' }); // it answers
    expect(await isAlive()).toBe('up'); // a restart would mend nothing
    expect(await clock.runUntil(ref.ask.keep(1))).toBe(1);
    expect(await backlog()).toMatchObject({ status: 'up', writesFailMs: 0 });
  });

  it('counts as mended, for who sends messages, when nobody has tried for as long; the next failure says what it is', async () => {
    await refused();
    await clock.advance('9s');
    await refused();
    await clock.advance('1s');
    expect(await backlog()).toMatchObject({ status: 'down' });
    await clock.advance('10s');
    expect(await backlog()).toMatchObject({ status: 'up' });
    await refused();
    expect(await backlog()).toMatchObject({ status: 'down' });
  });
});

(canMount() ? it : it.skip)(
  '[OB16] a full disk under SQLite: not ready, and ready when there is room again',
  async () => {
    const folder = smallDisk(24);
    const storage = await SqliteStorage.open(join(folder, 'journal.db'));
    try {
      await start(storage);
      expect(await clock.runUntil(ref.ask.keep(1))).toBe(1);
      expect(() => writeFileSync(join(folder, 'filler'), Buffer.alloc(32 * 1_048_576))).toThrow('ENOSPC');
      await refused();
      await clock.advance('9s');
      await refused();
      await clock.advance('1s');
      expect(await isReady()).toBe(false);
      expect(await isAlive()).toBe('up');
      rmSync(join(folder, 'filler'));
      expect(await clock.runUntil(ref.ask.keep(LARGE))).toBe(LARGE);
      expect(await isReady()).toBe(true);
    } finally {
      await clock.runUntil(closeApps());
      await storage.close();
      removeDisk(folder);
    }
  },
);

it('a search for due work that fails again and again makes the node not ready, until it comes through', async () => {
  const storage = new MemoryStorage();
  await start(storage);
  const { sweep } = storage.inbox;
  storage.inbox.sweep = () => Promise.reject(new Error('attempt to write a readonly database'));
  await clock.advance('30s'); // it looks at least so often
  await clock.advance('9s');
  expect(await backlog()).toMatchObject({ status: 'up' });
  await clock.advance('2s');
  expect(await backlog()).toMatchObject({ status: 'down', searchFailsMs: expect.any(Number) });
  expect(await isAlive()).toBe('up');
  storage.inbox.sweep = sweep;
  await clock.advance('5s');
  expect(await backlog()).toMatchObject({ status: 'up', searchFailsMs: 0 });
  await clock.runUntil(closeApps());
});
