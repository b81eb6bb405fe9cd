import { CorruptRecordError, type EntryRecord, type Storage } from '#spi';
import { decodeEntry } from './entries/entry-codec';
import { HistoryTruncatedError } from './errors';
import type { JournalFold } from './fold';
import { checkpointsDown, loadCheckpoint } from './load-checkpoint';
import { foldThrough, startFold } from './recovery';

/** A point in an actor's history: after entry `seq`, or as of a wall-clock time (as far as the writers' clocks went right). */
export type StatePoint = { readonly seq: number } | { readonly time: number };

/**
 * The fold of an actor's history up to `point`; its image is the state at the last turn that had ended there. Writes
 * nothing; nothing before the first entry, and the whole history for a point beyond the end.
 * @throws HistoryTruncatedError, or as `recover` does
 */
export async function foldAt(
  storage: Pick<Storage, 'journal' | 'checkpoints'>,
  actor: string,
  point: StatePoint,
): Promise<JournalFold> {
  const head = await storage.journal.head(actor);
  const lastSeq = 'seq' in point ? Math.min(Math.max(0, point.seq), head.seq) : head.seq;
  const covered = 'seq' in point ? lastSeq : await lastCheckpointBefore(storage, actor, point.time);
  const checkpoint = await loadCheckpoint(storage, actor, head.seq, { throughSeq: covered });
  const fold = startFold(actor, checkpoint, head.schema);
  if (fold.seq === lastSeq) return fold;
  if (checkpoint === null && !(await beginsAtOne(storage, actor))) {
    throw new HistoryTruncatedError(actor, 'seq' in point ? `entry ${point.seq}` : `time ${point.time}`);
  }
  if ('seq' in point) await foldThrough(storage, actor, fold, lastSeq);
  else await foldWhile(storage, actor, fold, (record) => decodeEntry(actor, record).time <= point.time);
  return fold;
}

async function foldWhile(
  { journal }: Pick<Storage, 'journal'>,
  actor: string,
  fold: JournalFold,
  wanted: (record: EntryRecord) => boolean,
): Promise<void> {
  for await (const page of journal.read(actor, fold.seq)) {
    for (const record of page) {
      if (!wanted(record)) return;
      fold.step(record);
    }
  }
}

async function lastCheckpointBefore(
  { checkpoints }: Pick<Storage, 'checkpoints'>,
  actor: string,
  time: number,
): Promise<number> {
  for await (const found of checkpointsDown(checkpoints, actor))
    if (!(found instanceof CorruptRecordError) && found.time <= time) return found.seq;
  return 0;
}

async function beginsAtOne({ journal }: Pick<Storage, 'journal'>, actor: string): Promise<boolean> {
  for await (const page of journal.read(actor, 0, 1)) if (page[0]?.seq === 1) return true;
  return false;
}
