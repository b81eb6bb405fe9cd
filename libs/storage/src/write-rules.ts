import type { AppendWrite, InboxChange, InboxState, NewInboxRow, Write } from '#spi';

/** What every store does alike: whether a write makes sense at all, and what a change does to an inbox row. Pure. */

/** A sequence number has to fit what a store packs it into; at 1,000 entries a second this is 49 days of one actor's life without a rest. */
export const MAX_SEQ = 2 ** 32 - 1;

/** `unknown`: the change is about a row that is not there. `spare`: the row stays as it is. */
export type InboxVerdict = 'insert' | 'update' | 'spare' | 'duplicate' | 'unknown';

/** Does this change expect to find no row of its id, and make one? */
function bringsRow(change: InboxChange): boolean {
  if (change.op === 'open') return change.row !== null;
  return (change.op === 'done' || change.op === 'parked') && change.fresh;
}

/** Is it content with a row that has ended as it is, or was forgotten since? Then it does nothing to one. */
function sparesEnded(change: InboxChange): boolean {
  return (change.op === 'done' || change.op === 'parked') && change.sparesEnded === true;
}

/** `state`: of the row of that id as it is now, `null` when there is none. */
export function decideInboxChange(change: InboxChange, state: InboxState | null): InboxVerdict {
  const brings = bringsRow(change);
  if (sparesEnded(change) && state !== 'queued' && state !== 'open') return 'spare';
  if (state === null) return brings ? 'insert' : 'unknown';
  if (change.op === 'revive') return state === 'parked' ? 'update' : 'duplicate';
  return brings || state === 'done' || state === 'parked' ? 'duplicate' : 'update';
}

/** Why no store may keep this write, or `null`. `takesRows`: `capabilities.rows` of the store that asks. */
export function whyRefused(write: Write, takesRows: boolean): string | null {
  if (write.kind === 'accept') return whyRowRefused(write.row);
  if (!takesRows && write.rows !== undefined) return 'this store has no tables for the rows it brings';
  return whyAppendRefused(write);
}

function whyAppendRefused({ actor, expected, epoch, entries, inbox, sends }: AppendWrite): string | null {
  if (epoch !== expected.epoch && epoch !== expected.epoch + 1) {
    return `epoch ${epoch} does not follow epoch ${expected.epoch}`;
  }
  if (expected.seq + entries.length > MAX_SEQ) return `the journal of ${actor} is full at seq ${MAX_SEQ}`;
  for (let i = 0; i < entries.length; i++) {
    const seq = (entries[i] as (typeof entries)[number]).seq;
    if (seq !== expected.seq + 1 + i) return `entry ${seq} does not follow entry ${expected.seq + i}`;
  }
  for (const change of inbox) {
    const brings = change.op === 'open' || change.op === 'revive';
    const reason = whyIdRefused(change.id) ?? (brings ? whyOfOther(actor, change) : null);
    if (reason !== null) return reason;
  }
  for (const row of sends) {
    const reason = whyRowRefused(row);
    if (reason !== null) return reason;
  }
  return whyIdRefused(actor);
}

function whyOfOther(actor: string, { id, row }: InboxChange & { op: 'open' | 'revive' }): string | null {
  if (row === null || (row.actor === actor && row.id === id)) return null;
  return `message ${id} of ${actor} comes with the row of ${row.id} of ${row.actor}`;
}

function whyRowRefused(row: NewInboxRow): string | null {
  return whyIdRefused(row.actor) ?? whyIdRefused(row.id);
}

/** UTF-8 stores would keep two different ids as one. */
export function whyIdRefused(id: string): string | null {
  const wellFormed = (id as unknown as { isWellFormed(): boolean }).isWellFormed() && !id.includes('\0');
  return wellFormed ? null : `${JSON.stringify(id)} is not valid Unicode without NUL`;
}
