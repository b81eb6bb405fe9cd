import { type Storage, failpoint } from '#spi';
import { decodeEntry } from '../entries/entry-codec';
import { lastExpendableSeq } from './kept-history';

/** How much history is kept behind the oldest checkpoint: at least this, whichever bound keeps more. `null`: no such bound. */
export interface Retention {
  readonly keepEntries: number | null;
  readonly keepForMs: number | null;
}

/**
 * Forgets what the policy no longer keeps, and never an entry that recovery may need. Safe to repeat, and to be cut short.
 * @returns the last entry forgotten; 0 when all stays
 */
export async function truncateBehind(
  store: Pick<Storage, 'journal' | 'checkpoints'>,
  actor: string,
  retention: Retention,
  nowMs: number,
): Promise<number> {
  const expendable = await lastExpendableSeq(store, actor);
  const through = await lastToForget(store, actor, expendable, retention, nowMs);
  if (through <= 0) return 0;
  failpoint('retention.beforeTruncate');
  await store.journal.truncate(actor, through);
  failpoint('retention.afterTruncate');
  return through;
}

async function lastToForget(
  store: Pick<Storage, 'journal'>,
  actor: string,
  expendable: number,
  { keepEntries, keepForMs }: Retention,
  nowMs: number,
): Promise<number> {
  if (expendable === 0) return 0;
  const byCount = keepEntries === null ? expendable : (await store.journal.head(actor)).seq - keepEntries;
  const through = Math.min(expendable, byCount);
  if (through <= 0 || keepForMs === null) return through;
  let old = 0;
  for await (const page of store.journal.read(actor, 0, through)) {
    for (const record of page) {
      if (decodeEntry(actor, record).time >= nowMs - keepForMs) return old;
      old = record.seq;
    }
  }
  return old;
}
