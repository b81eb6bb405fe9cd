import type { InboxRow } from '#spi';
import { decodeAnswer } from '../runtime/answer-codec';
import type { ExplainContributor } from './contributor';
import type { Cause } from './explanation';

/** Named one by one up to here; the count says how many there are. */
const NAMED = 10;

/** What lies in the store for it. */
export const explainStored: ExplainContributor = {
  name: 'its stored messages',
  async explain({ address, system, activation }) {
    if (!system.keepsInbox(address)) return [];
    const { inbox } = system.storage;
    const [pending, parked] = await Promise.all([inbox.pending(address.encoded), inbox.parked(address.encoded)]);
    const now = system.env.now();
    const delayed = pending.filter(({ dueAt, attempts }) => attempts === 0 && (dueAt ?? 0) > now);
    const due = pending.filter(({ dueAt }) => (dueAt ?? 0) <= now);
    const causes: Cause[] = [];
    if (parked.length > 0) causes.push(parkedCause(parked));
    if (delayed.length > 0) causes.push(delayedCause(delayed));
    if (due.length > 0 && activation === undefined) causes.push(dueCause(due));
    return causes;
  },
};

function parkedCause(rows: readonly InboxRow[]): Cause {
  const messages = rows.slice(0, NAMED).map((row) => ({ id: row.id, attempts: row.attempts, reason: reasonOf(row) }));
  return {
    kind: 'parked',
    says: `${rows.length} messages are parked: ${messages.map(({ id, reason }) => `${id} (${reason})`).join(', ')}.`,
    remedy: 'Mend the cause, then send them again under new ids. Others pass them by, unless onPoison is hold.',
    facts: { count: rows.length, messages },
  };
}

function reasonOf(row: InboxRow): string {
  const answer = decodeAnswer(row);
  return answer.kind === 'error' ? answer.error.message : 'unknown';
}

function delayedCause(rows: readonly InboxRow[]): Cause {
  const dueAt = Math.min(...rows.map((row) => row.dueAt ?? Infinity));
  return {
    kind: 'delayed',
    says: `${rows.length} messages wait for their time, the next until ${new Date(dueAt).toISOString()}.`,
    remedy: 'They run by themselves when they fall due.',
    facts: { count: rows.length, dueAt, messageIds: rows.slice(0, NAMED).map(({ id }) => id) },
  };
}

function dueCause(rows: readonly InboxRow[]): Cause {
  return {
    kind: 'due',
    says: `${rows.length} accepted messages are due, and wait to be taken up.`,
    remedy: 'The node that owns the store takes them up by itself, after its start or at its next look.',
    facts: { count: rows.length, messageIds: rows.slice(0, NAMED).map(({ id }) => id) },
  };
}
