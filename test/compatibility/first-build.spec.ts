import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule } from '@nestjs/common';
import Database from 'better-sqlite3';
import { MemoryStorage, openStorage } from 'plexspaces';
import type { Storage } from 'plexspaces/spi';
import { ManualClock, readActors } from 'plexspaces/testing';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { exportToFile, importFromFile } from '../../libs/cli/src/archive-file';
import { SCHEMA_VERSION } from '../../libs/storage/src/sqlite/schema';
import { type App, closeApps, startApp } from '../support/app';
import { Crate, KEPT, Shelf, WRITTEN_AT, outside } from './shelf';

// The file that the first build of the journal left when it died in the middle of a message (write-store.ts): tables of version 1,
// inbox rows without checksums. Today's code goes on where it stopped.

const WRITTEN = join(__dirname, 'fixtures/first-build.sqlite');
/** The codec keeps -0 as 0. */
const WRITTEN_VALUE = { ...KEPT, minusZero: 0 };
const shelf = (key: string): string => `default/default/shelf/${key}`;

const WAYS: readonly (readonly [name: string, storage: (file: string) => DynamicModule | string])[] = [
  ['TypeormStorageModule.sqlite, which migrates', (file) => TypeormStorageModule.sqlite(file)],
  ['its URL', (file) => `sqlite:${file}`],
];

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plexspaces-compatibility-'));
  file = join(folder, 'journal.db');
  copyFileSync(WRITTEN, file);
  outside.calls = [];
  outside.order = () => Promise.resolve(40);
});
afterEach(async () => {
  await closeApps();
  rmSync(folder, { recursive: true });
});

async function withStore<T>(use: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(`sqlite:${file}`);
  try {
    return await use(storage);
  } finally {
    await storage.close();
  }
}

/** A minute after it was written: no window has closed, nothing that was to wait is due. */
const soonAfter = (): ManualClock => new ManualClock({ start: WRITTEN_AT + 60_000 });

/** @param clock goes on meanwhile: a look at what is due may have begun before it was put forward */
async function settled(app: App, key: string, clock?: ManualClock): Promise<Storage> {
  const { storage } = app.system;
  const waits = async (): Promise<boolean> =>
    (await storage.inbox.pending(shelf(key))).some(({ dueAt }) => (dueAt ?? 0) <= app.system.env.now());
  while (await waits()) {
    await clock?.advance(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return storage;
}

describe('a database that the first build wrote', () => {
  it('is read without a runtime: each entry intact, states by checkpoint and by replay alike, what waited still waiting', async () => {
    const actors = await withStore(readActors);
    expect(actors.map(({ actor, entries, pending }) => [actor, entries.length, pending.length])).toEqual([
      ['default/default/crate/gone', 6, 0],
      ['default/default/crate/kept', 4, 0],
      [shelf('a'), 91, 1],
      [shelf('b'), 4, 0],
      [shelf('c'), 6, 2],
    ]);
    for (const { recovered, replayed } of actors) expect(recovered).toEqual(replayed);
    expect(actors.find(({ actor }) => actor === shelf('a'))?.recovered).toMatchObject({
      stock: 20,
      last: WRITTEN_VALUE,
    });
  });

  describe.each(WAYS)('opened by %s', (_, storageOf) => {
    let clock: ManualClock;
    let app: App;
    const start = async (): Promise<void> => {
      app = await startApp({ actors: [Shelf, Crate], storage: storageOf(file), env: clock });
    };
    const ref = (key: string) => app.client(Shelf).ref(key);
    beforeEach(async () => {
      clock = soonAfter();
      await start();
    });

    it('is of today’s version of the tables', async () => {
      await app.close();
      const database = new Database(file, { readonly: true });
      expect(database.prepare('SELECT version FROM ps_schema').all()).toEqual([{ version: SCHEMA_VERSION }]);
      database.close();
    });

    it('has the state of every actor, in all kinds of values', async () => {
      expect(await ref('a').ask.total()).toBe(20);
      expect(await ref('a').ask.kept()).toEqual(WRITTEN_VALUE);
      expect(await ref('b').ask.total()).toBe(5);
      expect(await ref('a').ask.lines()).toHaveLength(26);
      expect(await ref('a').ask.put('item 1', 1)).toBe(21);
      await expect(app.client(Crate).ref('kept').ask.whose()).resolves.toBe('ann');
      await expect(app.client(Crate).ref('gone').ask.whose()).rejects.toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    });

    it('answers what was answered, and runs none of it again (P5)', async () => {
      const keyed = (idempotencyKey: string) => ref('a').with({ idempotencyKey });
      expect(await keyed('price').ask.price('nails')).toBe(5);
      expect(await keyed('ship').ask.ship('b', 5)).toBe(20);
      await expect(keyed('price').ask.price('screws')).rejects.toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
      await expect(keyed('refused').with({ principal: 'ann' }).ask.refuse('no room')).rejects.toThrow('no room');
      await expect(keyed('poison').ask.poison()).rejects.toMatchObject({ code: 'PS_MESSAGE_PARKED' });
      expect(outside.calls.filter((call) => call.includes('nails'))).toEqual([]);
      expect([await ref('a').ask.total(), await ref('b').ask.total()]).toEqual([20, 5]);
      expect(await app.system.storage.inbox.parked(shelf('a'))).toHaveLength(1);
    });

    it('goes on with the message that was open, on the effect that was recorded; the one behind it follows (P6, P8)', async () => {
      await settled(app, 'c');
      expect(outside.calls).toEqual(['order screws']);
      expect(await ref('c').ask.lines()).toEqual(['screws 1', 'screws 40', 'bolts 2']);
      expect(await ref('c').with({ idempotencyKey: 'restock' }).ask.restock('screws')).toBe(6 * 40);
      expect(await ref('c').ask.total()).toBe(43);
    });

    it('runs what waited for its time when that has come (P8)', async () => {
      expect(await ref('a').ask.total()).toBe(20);
      await clock.advance('1h');
      await settled(app, 'a', clock);
      expect(await ref('a').ask.total()).toBe(120);
    });

    it('runs each recorded turn again to the same end (P9)', async () => {
      await settled(app, 'c');
      for (const key of ['a', 'b', 'c']) {
        const { ok, divergences } = await ref(key).history.verify();
        expect([key, ok, divergences]).toEqual([key, true, []]);
      }
    });

    it('holds turns of then and now side by side, over another restart', async () => {
      await settled(app, 'c');
      for (let i = 0; i < 15; i++) await ref('a').ask.put('new', 1);
      await app.close();
      await start();
      expect(await ref('a').ask.total()).toBe(35);
      expect(await ref('a').with({ idempotencyKey: 'price' }).ask.price('nails')).toBe(5);
      expect((await ref('a').history.verify()).ok).toBe(true);
      await app.close();
      for (const { recovered, replayed } of await withStore(readActors)) expect(recovered).toEqual(replayed);
    });
  });

  it('is carried into another store by an archive', async () => {
    const archive = join(folder, 'archive');
    await withStore((storage) => exportToFile(storage, archive, WRITTEN_AT, { prefix: '' }));
    const memory = new MemoryStorage();
    const imported = await importFromFile(memory, archive, () => undefined);
    expect(imported).toEqual({ actors: 5, ranges: 0, unchanged: 0 });
    expect(await readActors(memory)).toEqual(await withStore(readActors));
    const app = await startApp({ actors: [Shelf, Crate], storage: memory, env: soonAfter() });
    await settled(app, 'c');
    expect(await app.client(Shelf).ref('c').ask.total()).toBe(43);
    expect(await app.client(Shelf).ref('a').with({ idempotencyKey: 'price' }).ask.price('nails')).toBe(5);
  });

  it('of a later version is refused, and left as it is (P11)', async () => {
    const database = new Database(file);
    database.prepare('UPDATE ps_schema SET version = ?').run(SCHEMA_VERSION + 1);
    database.close();
    for (const [, storageOf] of WAYS)
      await expect(startApp({ actors: [Shelf], storage: storageOf(file) })).rejects.toMatchObject({
        code: 'PS_SCHEMA_TOO_NEW',
      });
  });
});
