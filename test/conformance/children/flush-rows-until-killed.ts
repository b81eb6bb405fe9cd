// Appends that bring rows, among them some that are rejected, and writes down each outcome until somebody kills it.
import { writeSync } from 'node:fs';
import type { AppendWrite, RowStatement } from '#spi';
import { SqliteStorage } from '#storage/sqlite';
import Database from 'better-sqlite3';

const statement = (sql: string, expect: number | null = 1): RowStatement => ({
  entity: 'Row',
  operation: 'insert',
  sql,
  params: [],
  expect,
});

/** A line for this turn, and the total of all: both or neither. */
const good = (actor: string, seq: number): RowStatement[] => [
  statement(`INSERT INTO line (actor, seq) VALUES ('${actor}', ${seq})`),
  statement('UPDATE total SET value = value + 1'),
];

/** How the neighbour in the middle fails, after it has written as well. */
const failures: Record<string, RowStatement> = {
  count: statement('UPDATE total SET value = value + 1000 WHERE id = 99'),
  deferred: statement('INSERT INTO child (parent) VALUES (99)'),
  rollback: statement('INSERT INTO guarded (value) VALUES (1)'),
};

function turn(actor: string, seq: number, rows: RowStatement[]): AppendWrite {
  const text = new TextEncoder().encode(`entry ${seq + 1}`);
  return {
    kind: 'append',
    actor,
    expected: { seq, epoch: seq === 0 ? 0 : 1 },
    epoch: 1,
    writer: 'child',
    schema: 1,
    status: 'live',
    entries: [{ seq: seq + 1, bytes: text }],
    inbox: [{ op: 'done', id: `m${seq}`, argsHash: '', answer: text, expiresAt: null, fresh: true }],
    sends: [],
    rows,
  };
}

async function main(): Promise<void> {
  const [path, how] = (process.argv[2] as string).split('?') as [string, string];
  const { journal } = await SqliteStorage.open(path);
  const tables = new Database(path);
  tables.exec(`CREATE TABLE line (actor text, seq integer, UNIQUE (actor, seq));
    CREATE TABLE total (id integer PRIMARY KEY, value integer); INSERT INTO total VALUES (1, 0);
    CREATE TABLE child (parent integer REFERENCES total (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE guarded (value integer);
    CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN SELECT raise(ROLLBACK, 'guarded'); END;`);
  tables.close();
  for (let seq = 0; ; seq++) {
    const outcomes = await journal.flush([
      turn('first', seq, good('first', seq)),
      turn('failing', 0, [...good('failing', seq), failures[how] as RowStatement]),
      turn('last', seq, good('last', seq)),
    ]);
    const kinds = outcomes.map(({ kind }) => kind).join();
    if (kinds !== 'committed,rejected,committed') throw new Error(`unexpected ${JSON.stringify(outcomes)}`);
    writeSync(1, `ack ${seq + 1}\n`);
  }
}

void main();
