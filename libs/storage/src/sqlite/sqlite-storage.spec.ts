import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import BetterSqlite3 from 'better-sqlite3';
import { type AppendWrite, UnsafeStorageError, type Write } from '#spi';
import { openConnection } from './connection';
import { type Driver, loadDriver } from './driver';
import { SqliteJournalStorage, SqliteStorage } from './index';

// What only SQLite has; what every store has is in test/conformance.

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-'));
const aFolder = join(folder, 'a-folder.db');
mkdirSync(aFolder);
let files = 0;
const freshPath = (): string => join(folder, `${++files}.db`);

afterAll(() => rmSync(folder, { recursive: true }));

function append(actor: string, seq: number, texts: readonly (string | Uint8Array)[]): AppendWrite {
  const entries = texts.map((text, i) => ({
    seq: seq + 1 + i,
    bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
  }));
  const expected = { seq, epoch: seq === 0 ? 0 : 1 };
  return {
    kind: 'append',
    actor,
    expected,
    epoch: 1,
    writer: 'w',
    schema: 1,
    status: 'live',
    entries,
    inbox: [],
    sends: [],
  };
}

function accept(actor: string, id: string): Write {
  return { kind: 'accept', row: { actor, id, argsHash: '', message: new Uint8Array(9), attempts: 0, dueAt: 1 } };
}

/** Looks at, or into, a file that no store has open. */
function withFile<T>(path: string, use: (connection: BetterSqlite3.Database) => T): T {
  const connection = new BetterSqlite3(path);
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

/** The thread behind a store, and the moment it is gone. */
function threadOf(storage: SqliteStorage): { worker: Worker; ended: Promise<void> } {
  return (storage.journal as unknown as { file: { file: { client: { worker: Worker; ended: Promise<void> } } } }).file
    .file.client;
}

describe('opening a SQLite store', () => {
  it('makes folder and file, for this user alone', async () => {
    const path = join(folder, 'a', 'b', 'journal.db');
    const storage = await SqliteStorage.open(path);
    await storage.journal.flush([accept('a', 'm')]);
    for (const file of [path, `${path}-wal`, `${path}.lock`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    await storage.close();
  });

  it.each([
    ['a folder', () => aFolder],
    ['below a file', () => join(__filename, 'journal.db')],
    ['a place where nothing can be made', () => '/dev/null/journal.db'],
    ['a URI', () => 'file:journal.db?mode=memory'],
    ['an empty string', () => ''],
  ])('refuses %s by name', async (_, path) => {
    await expect(SqliteStorage.open(path())).rejects.toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    await expect(SqliteStorage.open(path())).rejects.toThrow('Cannot open');
  });

  it('refuses a file that is no database, and leaves it alone', async () => {
    const path = freshPath();
    writeFileSync(path, 'not a database, but somebody’s letters'.repeat(100));
    const before = readFileSync(path);
    await expect(SqliteStorage.open(path)).rejects.toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses a file of a newer version, and opens it no more', async () => {
    const path = freshPath();
    await (await SqliteStorage.open(path)).close();
    withFile(path, (db) => db.exec('UPDATE ps_schema SET version = 99'));
    await expect(SqliteStorage.open(path)).rejects.toMatchObject({ code: 'PS_SCHEMA_TOO_NEW', found: 99 });
    withFile(path, (db) => db.exec('UPDATE ps_schema SET version = 1'));
    await (await SqliteStorage.open(path)).close();
  });

  it('lives beside the tables of a user', async () => {
    const path = freshPath();
    withFile(path, (db) => db.exec('CREATE TABLE actor (film text); PRAGMA user_version = 7'));
    const storage = await SqliteStorage.open(path);
    await storage.journal.flush([append('a', 0, ['x'])]);
    await storage.close();
    expect(withFile(path, (db) => db.pragma('user_version', { simple: true }))).toBe(7);
  });

  it('names the package that is missing', async () => {
    const missing = loadDriver(() => Promise.reject(new Error('Cannot find module')));
    await expect(missing).rejects.toMatchObject({ code: 'PS_MISSING_PACKAGE', packageName: 'better-sqlite3' });
  });

  it('opens the journal alone, also in memory', async () => {
    const journal = await SqliteJournalStorage.open(':memory:');
    await journal.flush([append('a', 0, ['x'])]);
    expect((await journal.head('a')).seq).toBe(1);
    await journal.close();
  });

  it('keeps two stores in memory apart', async () => {
    const [one, two] = [await SqliteStorage.open(':memory:'), await SqliteStorage.open(':memory:')];
    await one.journal.flush([append('a', 0, ['x'])]);
    expect((await two.journal.head('a')).status).toBe('absent');
    await Promise.all([one.close(), two.close()]);
  });

  it('can be opened again at once while it closes, many times over', async () => {
    const path = freshPath();
    for (let i = 0; i < 5; i++) {
      const storage = await SqliteStorage.open(path);
      const [outcome] = await storage.journal.flush([append('a', i, ['x'])]);
      expect(outcome?.kind).toBe('committed');
      void storage.close();
    }
    await (await SqliteStorage.open(path)).close();
  });

  it('opens once when several ask at the same time, and shares a failure', async () => {
    const path = freshPath();
    const storages = await Promise.all([1, 2, 3].map(() => SqliteStorage.open(path)));
    await Promise.all(storages.map((storage) => storage.close()));
    const refused = await Promise.allSettled([1, 2, 3].map(() => SqliteStorage.open(aFolder)));
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});

describe('the safety of a SQLite connection (P11)', () => {
  const full = { durability: 'full', maxBytes: 0 } as const;

  it('is FULL on a new file, and again on one that is in WAL mode already', () => {
    const path = freshPath();
    for (let start = 0; start < 3; start++) {
      const connection = openConnection(BetterSqlite3, path, full);
      expect(connection.pragma('synchronous', { simple: true })).toBe(2);
      expect(connection.pragma('journal_mode', { simple: true })).toBe('wal');
      connection.close();
    }
  });

  it('is left to the operating system only where that was asked for', () => {
    const connection = openConnection(BetterSqlite3, freshPath(), { durability: 'relaxed', maxBytes: 0 });
    expect(connection.pragma('synchronous', { simple: true })).toBe(0);
    connection.close();
  });

  it.each([
    ['synchronous', 1],
    ['journal_mode = WAL', 'delete'],
  ])('is refused when the library answers %s with %s', (pragma, answer) => {
    class Lying extends BetterSqlite3 {
      override pragma(source: string, options?: BetterSqlite3.PragmaOptions): unknown {
        return source === pragma ? answer : super.pragma(source, options);
      }
    }
    const open = (): unknown => openConnection(Lying as unknown as Driver, freshPath(), full);
    expect(open).toThrow(UnsafeStorageError);
  });

  it('is not lowered by a second handle on the same file', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path, { durability: 'relaxed' });
    await expect(SqliteStorage.open(path)).rejects.toMatchObject({ code: 'PS_UNSAFE_STORAGE' });
    await storage.close();
    await (await SqliteStorage.open(path)).close();
  });
});

describe('a SQLite store in use', () => {
  it('shows its journal and checkpoints to a plain SQL client', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path);
    await storage.journal.flush([append('a', 0, ['one', '', 'three']), append('b', 0, ['x'.repeat(70_000)])]);
    await storage.journal.flush([append('a', 3, ['four'])]);
    await storage.checkpoints.save({ actor: 'a', seq: 4, time: 77, bytes: Buffer.from('state') }, 2);
    const seen = withFile(path, (db) => ({
      entries: db
        .prepare('SELECT actor_id, sequence_number, CAST(entry AS text) FROM journal_entries ORDER BY 1, 2')
        .raw()
        .all(),
      checkpoints: db
        .prepare('SELECT actor_id, sequence_number, timestamp, CAST(state AS text) FROM checkpoints')
        .raw()
        .all(),
    }));
    expect(seen.entries).toEqual([
      ['a', 1, 'one'],
      ['a', 2, ''],
      ['a', 3, 'three'],
      ['a', 4, 'four'],
      ['b', 1, 'x'.repeat(70_000)],
    ]);
    expect(seen.checkpoints).toEqual([['a', 4, 77, 'state']]);
    await storage.close();
  });

  it('finds due, expired, waiting and parked messages by index, whatever else is there (I3)', async () => {
    const path = freshPath();
    await (await SqliteStorage.open(path)).close();
    const plans = withFile(path, (db) =>
      [
        'SELECT actor FROM ps_inbox WHERE due_at <= 5 ORDER BY due_at',
        'SELECT min(due_at) FROM ps_inbox WHERE due_at > 5',
        'SELECT position FROM ps_inbox WHERE expires_at <= 5 ORDER BY expires_at LIMIT 5',
        'SELECT id FROM ps_inbox WHERE actor = 5 AND due_at IS NOT NULL ORDER BY position',
        'SELECT id FROM ps_inbox WHERE actor = 5 AND state = 3 ORDER BY position',
        "SELECT state FROM ps_inbox WHERE id = 'm' AND actor = 5",
        'SELECT frame FROM ps_journal WHERE actor = 5 AND first_seq > 7 ORDER BY first_seq',
      ].map((sql) =>
        (db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[]).map(({ detail }) => detail),
      ),
    );
    expect(plans).toEqual([
      ['SEARCH ps_inbox USING COVERING INDEX ps_inbox_due (due_at<?)'],
      ['SEARCH ps_inbox USING COVERING INDEX ps_inbox_due (due_at>?)'],
      ['SEARCH ps_inbox USING COVERING INDEX ps_inbox_expiry (expires_at<?)'],
      ['SEARCH ps_inbox USING INDEX ps_inbox_pending (actor=?)'],
      ['SEARCH ps_inbox USING INDEX ps_inbox_parked (actor=?)'],
      ['SEARCH ps_inbox USING INDEX ps_inbox_id (id=? AND actor=?)'],
      ['SEARCH ps_journal USING INDEX ps_journal_seq (actor=? AND first_seq>?)'],
    ]);
  });

  it('keeps its WAL within 64 MB', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path, { durability: 'relaxed' });
    const block = new Uint8Array(1_000_000).fill(7);
    let largest = 0;
    for (let seq = 0; seq < 160; seq += 4) {
      await storage.journal.flush([append('a', seq, [block, block, block, block])]);
      largest = Math.max(largest, statSync(`${path}-wal`).size);
    }
    expect(largest).toBeGreaterThan(1_000_000);
    expect(largest).toBeLessThanOrEqual(64 * 1024 * 1024);
    await storage.close();
  });

  it('cuts its WAL back to 64 MB when a slow reader lets go of it (F26)', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path, { durability: 'relaxed' });
    const block = new Uint8Array(1_000_000).fill(7);
    const blocks = [block, block, block, block];
    const size = (): number => statSync(`${path}-wal`).size;
    let seq = 0;
    const write = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++, seq += blocks.length) await storage.journal.flush([append('a', seq, blocks)]);
    };
    await write(1);
    const reader = new BetterSqlite3(path, { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT count(*) FROM ps_journal').get();
    await write(18);
    expect(size()).toBeGreaterThan(70_000_000); // nothing of it can be given up while somebody reads behind it
    reader.exec('COMMIT');
    reader.close();
    await write(8);
    expect(size()).toBeLessThanOrEqual(64 * 1024 * 1024 + 16_000_000);
    await storage.close();
  });

  it('asks for many actors in one trip (reads of one tick), and sends a flush at once', async () => {
    const storage = await SqliteStorage.open(':memory:');
    const post = jest.spyOn(threadOf(storage).worker, 'postMessage');
    const actors = Array.from({ length: 100 }, (_, i) => `actor ${i}`);
    await Promise.all(
      actors.flatMap((actor) => [
        storage.journal.head(actor),
        storage.inbox.pending(actor),
        storage.checkpoints.latest(actor),
      ]),
    );
    expect(post).toHaveBeenCalledTimes(1);
    const flushed = storage.journal.flush([append('a', 0, ['x'])]);
    expect(post).toHaveBeenCalledTimes(2);
    await flushed;
    await storage.close();
  });

  it('gives a page of several megabytes, and an entry larger than any page', async () => {
    const storage = await SqliteStorage.open(':memory:');
    const large = new Uint8Array(5_000_000).fill(3);
    await storage.journal.flush([append('a', 0, [large, 'small']), append('a', 2, [large])]);
    const sizes: number[] = [];
    for await (const page of storage.journal.read('a', 1)) sizes.push(...page.map(({ bytes }) => bytes.length));
    expect(sizes).toEqual([5, 5_000_000]);
    await storage.close();
  });
});

describe('a SQLite store in trouble', () => {
  it('reports a damaged frame as corrupt, never as absent (P11)', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path);
    await storage.journal.flush([
      append('a', 0, ['one', 'two']),
      append('b', 0, ['one', 'two']),
      append('c', 0, ['one']),
    ]);
    await storage.close();
    withFile(path, (db) => {
      db.exec(
        "UPDATE ps_journal SET frame = substr(frame, 1, 9) WHERE actor = (SELECT id FROM ps_actor WHERE name = 'a')",
      );
      db.exec("UPDATE ps_journal SET entries = 3 WHERE actor = (SELECT id FROM ps_actor WHERE name = 'b')");
    });
    const damaged = await SqliteStorage.open(path);
    for (const actor of ['a', 'b']) {
      await expect(damaged.journal.read(actor, 0).next()).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD', actor });
    }
    expect((await damaged.journal.read('c', 0).next()).value).toHaveLength(1);
    await damaged.close();
  });

  it('rejects reads of a damaged page, and goes on answering others', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path);
    for (let seq = 0; seq < 400; seq++) await storage.journal.flush([append('a', seq, ['x'.repeat(500)])]);
    await storage.close();
    const bytes = readFileSync(path);
    for (let page = 20; page < bytes.length / 4096; page++) bytes.fill(0xee, page * 4096, page * 4096 + 100);
    writeFileSync(path, bytes);
    const damaged = await SqliteStorage.open(path);
    const all = async (): Promise<void> => {
      for await (const page of damaged.journal.read('a', 0)) expect(page.length).toBeGreaterThan(0);
    };
    await expect(all()).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    expect((await damaged.journal.head('a')).seq).toBe(400);
    await damaged.close();
  });

  it('rejects a flush that does not fit on the disk, whole, and goes on with one that does (J7)', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path, { maxBytes: 3_000_000 });
    const large = new Uint8Array(2_000_000);
    await storage.journal.flush([append('a', 0, [large])]);
    const tooMuch = storage.journal.flush([append('b', 0, ['small']), append('a', 1, [large])]);
    await expect(tooMuch).rejects.toMatchObject({ code: 'PS_STORE_FAILED', reason: 'database or disk is full' });
    expect((await storage.journal.head('b')).status).toBe('absent');
    expect((await storage.journal.head('a')).seq).toBe(1);
    const [outcome] = await storage.journal.flush([append('b', 0, ['small'])]);
    expect(outcome?.kind).toBe('committed');
    await storage.close();
  });

  it('reports the death of its thread to whoever waits, and then that it is closed', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path);
    const { worker } = threadOf(storage);
    const outstanding = [storage.journal.flush([append('a', 0, ['x'])]), storage.journal.head('a')];
    void worker.terminate();
    for (const settled of await Promise.allSettled(outstanding)) {
      // Whatever was answered before the end is answered; nothing hangs.
      if (settled.status === 'rejected') expect(settled.reason).toMatchObject({ code: 'PS_STORE_FAILED' });
    }
    await threadOf(storage).ended;
    await expect(storage.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    await storage.close();
    await (await SqliteStorage.open(path)).close();
  });

  it('takes an error thrown in its thread for a failed store, not a failed process', async () => {
    const storage = await SqliteStorage.open(freshPath());
    const { worker } = threadOf(storage);
    worker.postMessage(new ArrayBuffer(3)); // not what the thread expects
    await expect(storage.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await threadOf(storage).ended;
    await expect(storage.journal.flush([accept('a', 'm')])).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    await storage.close();
  });

  it('finishes what was flushed before it closes', async () => {
    const path = freshPath();
    const storage = await SqliteStorage.open(path);
    const flushed = storage.journal.flush([append('a', 0, ['x'])]);
    await storage.close();
    expect((await flushed)[0]?.kind).toBe('committed');
    const again = await SqliteStorage.open(path);
    expect((await again.journal.head('a')).seq).toBe(1);
    await again.close();
  });
});
