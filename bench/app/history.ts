import { copyFileSync } from 'node:fs';
import type { Type } from '@nestjs/common';
import Database from 'better-sqlite3';
import { startOnSqlite } from './start-app';
import { drive } from '../harness/drive';

/** An actor whose `write` answers how often it was called, and that takes a checkpoint every 100 turns. */
export interface Written {
  write(): number;
}

/** Actors with a long past, in a file that is closed. */
export interface History {
  /** Turns of each. */
  readonly turns: number;
  /** Journal entries of the first, and those after its last checkpoint. */
  readonly entries: number;
  readonly entriesAfterCheckpoint: number;
  readonly journalBytes: number;
  readonly checkpointBytes: number;
}

const CHECKPOINT_EVERY = 100;

/** Ends half way between two checkpoints. */
export async function writeHistory(
  path: string,
  cls: Type<Written>,
  keys: readonly string[],
  minEntries: number,
): Promise<History> {
  const app = await startOnSqlite(path, cls);
  const refs = keys.map((key) => app.client(cls).ref(key));
  const [first] = refs;
  if (first === undefined) throw new Error('A history needs a key.');
  let turns = 0;
  for (let seq = 0; seq < minEntries; { seq } = await app.storage.journal.head(first.actorId)) {
    const more = turns === 0 ? CHECKPOINT_EVERY * 1.5 : CHECKPOINT_EVERY;
    await drive(more * refs.length, refs.length, (i) => (refs[i % refs.length] as typeof first).ask.write());
    turns += more;
  }
  await app.close();
  return { turns, ...sizesOf(path, first.actorId) };
}

/** The same file as if no checkpoint had ever been taken. */
export function copyWithoutCheckpoints(path: string, copy: string): void {
  copyFileSync(path, copy);
  const database = new Database(copy);
  database.exec('DELETE FROM ps_checkpoint');
  database.close();
}

function sizesOf(path: string, actor: string): Omit<History, 'turns'> {
  const database = new Database(path);
  database.pragma('wal_checkpoint(TRUNCATE)'); // so that the file alone is the database, and can be copied
  const number = (sql: string): number => Number(database.prepare(sql).pluck().get(actor));
  const ofActor = 'JOIN ps_actor a ON a.id = t.actor WHERE a.name = ?';
  const entries = number(`SELECT sum(entries) FROM ps_journal t ${ofActor}`);
  const sizes = {
    entries,
    entriesAfterCheckpoint: entries - number(`SELECT max(t.seq) FROM ps_checkpoint t ${ofActor}`),
    journalBytes: number(`SELECT sum(length(frame)) FROM ps_journal t ${ofActor}`),
    checkpointBytes: number(`SELECT length(bytes) FROM ps_checkpoint t ${ofActor} ORDER BY t.seq DESC LIMIT 1`),
  };
  database.close();
  return sizes;
}
