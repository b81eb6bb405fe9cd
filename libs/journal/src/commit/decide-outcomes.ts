import type { AcceptWrite, AppendWrite, Head, HeadRow, InboxChange, InboxRow, Outcome, Write } from '#spi';

/** What was read from the store after a flush rejected; `undefined` is "could not be read". */
export interface StoredFacts {
  head(actor: string): HeadRow | undefined;
  row(actor: string, id: string): InboxRow | null | undefined;
  /** The entry now standing at the end of an append; `null` when there is none. */
  lastEntry(write: Write): Uint8Array | null | undefined;
}

/**
 * Pure. What became of each write of one flush, in order, given what is stored now; `undefined` where the facts do
 * not tell.
 *
 * An append of entries is in when its last entry stands where it belongs: no two entries are alike. Where that entry
 * has been truncated since, the head tells, if nobody else moved it: each append stands on the one before. An append
 * without entries is in when each row it writes is there.
 */
export function decideOutcomes(
  writes: readonly Write[],
  facts: StoredFacts,
  reason: string,
): readonly (Outcome | undefined)[] {
  const accepted = new Set<string>();
  /** Ends of appends that were not stored: what stands on one failed with it. */
  const missing = new Set<string>();
  return writes.map((write) => {
    if (write.kind === 'accept') return decideAccept(write, facts, accepted, reason);
    const head = facts.head(write.actor);
    if (head === undefined) return undefined;
    const end = endOf(write);
    const stored = isStored(write, head, facts);
    if (stored === undefined) return undefined;
    if (stored) return { kind: 'committed', head: end };

    const isOthers = write.continues === true && head.writer !== write.writer;
    const stands = (sameHead(head, write.expected) && !isOthers) || missing.has(headKey(write, write.expected));
    missing.add(headKey(write, end));
    return stands ? { kind: 'failed', reason } : { kind: 'conflict', actual: { seq: head.seq, epoch: head.epoch } };
  });
}

function isStored(write: AppendWrite, head: HeadRow, facts: StoredFacts): boolean | undefined {
  const end = endOf(write);
  if (head.seq < end.seq) return false;
  const isOwn = head.writer === write.writer && head.epoch === write.epoch;
  const last = write.entries.at(-1);
  if (last !== undefined) {
    const found = facts.lastEntry(write);
    if (found === null) return isOwn ? true : undefined;
    return found === undefined ? undefined : Buffer.compare(found, last.bytes) === 0;
  }
  if (write.epoch !== write.expected.epoch) return isOwn;
  return rowsAreThere(write, head, facts);
}

function rowsAreThere(write: AppendWrite, head: HeadRow, facts: StoredFacts): boolean | undefined {
  if (write.status === 'terminated' && head.status !== 'terminated') return false;
  let unread = false;
  for (const change of write.inbox) {
    const row = facts.row(write.actor, change.id);
    if (row === undefined) unread = true;
    else if (isSpared(change, row)) continue;
    else if (row === null) return false;
    else if (change.op === 'attempt' && row.attempts < change.attempts) return false;
    else if (change.op === 'revive' && row.state === 'parked') return false;
    else if (change.op === 'open' && row.state === 'queued') return false;
    else if ((change.op === 'done' || change.op === 'parked') && row.state !== change.op) return false;
  }
  for (const send of write.sends) {
    const row = facts.row(send.actor, send.id);
    if (row === undefined) unread = true;
    else if (row === null) return false;
  }
  return unread ? undefined : true;
}

/** Then it says nothing about the append. A done row is what the change asks for. */
function isSpared(change: InboxChange, row: InboxRow | null): boolean {
  return 'sparesEnded' in change && (row === null || row.state === 'parked');
}

/** The row may be ours or an earlier one of that id. Untouched and equal it is as good as ours; else its state is the answer (J6). */
function decideAccept(
  { row: given }: AcceptWrite,
  facts: StoredFacts,
  accepted: Set<string>,
  reason: string,
): Outcome | undefined {
  const row = facts.row(given.actor, given.id);
  if (row === undefined) return undefined;
  if (row === null) return { kind: 'failed', reason };
  const key = `${given.actor}\n${given.id}`;
  const isFresh =
    row.state === 'queued' && row.argsHash === given.argsHash && row.attempts === given.attempts && !accepted.has(key);
  accepted.add(key);
  return isFresh ? { kind: 'accepted' } : { kind: 'duplicate', row };
}

function endOf(write: AppendWrite): Head {
  return { seq: write.expected.seq + write.entries.length, epoch: write.epoch };
}

function sameHead(a: Head, b: Head): boolean {
  return a.seq === b.seq && a.epoch === b.epoch;
}

function headKey(write: AppendWrite, { seq, epoch }: Head): string {
  return `${write.actor}\n${write.writer}\n${seq}\n${epoch}`;
}
