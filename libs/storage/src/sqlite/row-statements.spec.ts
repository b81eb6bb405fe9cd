import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { AppendWrite, RowStatement } from '#spi';
import { SqliteStorage } from './sqlite-storage';

// What is SQLite's own: transactions that a statement takes along, and a write lock that somebody else holds.

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-'));
let files = 0;
let storage: SqliteStorage;
let tables: Database.Database;

beforeEach(async () => {
  const path = join(folder, `${++files}.db`);
  storage = await SqliteStorage.open(path, { durability: 'relaxed' });
  tables = new Database(path);
  tables.exec(`CREATE TABLE t (id integer PRIMARY KEY, v integer);
    CREATE TABLE strict (id integer PRIMARY KEY ON CONFLICT ROLLBACK);
    CREATE TRIGGER guard BEFORE DELETE ON t BEGIN SELECT raise(ROLLBACK, 'nothing is deleted here'); END;`);
});
afterEach(async () => {
  tables.close();
  await storage.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const statement = (sql: string): RowStatement => ({ entity: 'T', operation: 'insert', sql, params: [], expect: null });
const turn = (actor: string, ...rows: string[]): AppendWrite => ({
  kind: 'append',
  actor,
  expected: { seq: 0, epoch: 0 },
  epoch: 1,
  writer: 'w',
  schema: 1,
  status: 'live',
  entries: [{ seq: 1, bytes: new Uint8Array(1) }],
  inbox: [],
  sends: [],
  rows: rows.map(statement),
});
const ids = (): unknown[] => Array.from(tables.prepare('SELECT id FROM t ORDER BY id').pluck().all());

describe('rows that take the transaction along', () => {
  it.each([
    ['a trigger', 'DELETE FROM t', 'nothing is deleted here'],
    ['a conflict clause', 'INSERT INTO strict VALUES (1), (1)', 'UNIQUE constraint failed'],
  ])('by %s lose their own turn only, and the store goes on', async (_, sql, reason) => {
    const [first, second, third] = await storage.journal.flush([
      turn('a', 'INSERT INTO t VALUES (1, 0)'),
      turn('b', 'INSERT INTO t VALUES (2, 0)', sql),
      turn('c', 'INSERT INTO t VALUES (3, 0)'),
    ]);
    expect([first, third].map((outcome) => outcome?.kind)).toEqual(['committed', 'committed']);
    expect(second).toMatchObject({
      kind: 'rejected',
      refusal: { statement: 1, touched: null, reason: expect.stringContaining(reason) as string },
    });
    expect(ids()).toEqual([1, 3]);
    expect((await storage.journal.head('b')).seq).toBe(0);
    await expect(storage.journal.flush([turn('b', 'INSERT INTO t VALUES (4, 0)')])).resolves.toMatchObject([
      { kind: 'committed' },
    ]);
  });
});

describe('a write lock held by another connection', () => {
  it('is waited for on the thread, while this one goes on', async () => {
    tables.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1, 0)');
    const flushed = storage.journal.flush([turn('a', 'INSERT INTO t VALUES (2, 0)')]);
    tables.exec('COMMIT');
    await expect(flushed).resolves.toMatchObject([{ kind: 'committed' }]);
    expect(ids()).toEqual([1, 2]);
  });

  it('is a StoreBusyError after 5 seconds, with nothing written, and no harm to what follows', async () => {
    tables.exec('BEGIN IMMEDIATE');
    await expect(storage.journal.flush([turn('a', 'INSERT INTO t VALUES (1, 0)')])).rejects.toMatchObject({
      code: 'PS_STORE_BUSY',
      retryable: true,
      message: expect.stringContaining('waited 5000 ms for the write lock') as string,
    });
    expect((await storage.journal.head('a')).seq).toBe(0); // reading does not wait
    tables.exec('ROLLBACK');
    await expect(storage.journal.flush([turn('a', 'INSERT INTO t VALUES (1, 0)')])).resolves.toMatchObject([
      { kind: 'committed' },
    ]);
    expect(ids()).toEqual([1]);
  });
});
