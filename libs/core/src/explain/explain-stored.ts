import type { InboxRow } from '#spi';
import { readOccurrence } from '../planning/occurrence';
import { decodeAnswer } from '../runtime/answer-codec';
import { readEnvelope } from '../runtime/message-codec';
import { type ExplainContributor, NAMED } from './contributor';
import { isKept } from './explain-supervision';
import type { Cause } from './explanation';

/** What lies in the store for it: its own rows, and nothing else's. */
export const explainStored: ExplainContributor = {
  name: 'its stored messages',
  async explain({ address, system, activation }) {
    if (!system.keepsInbox(address)) return [];
    const { inbox } = system.storage;
    const [pending, parked] = await Promise.all([inbox.pending(address.encoded), inbox.parked(address.encoded)]);
    const now = system.env.now();
    const causes: Cause[] = [];
    if (parked.length > 0) causes.push(parkedCause(parked));
    const later = pending.filter(({ attempts, dueAt }) => attempts === 0 && (dueAt ?? 0) > now);
    const planned = later.filter(({ actor, id }) => readOccurrence(actor, id) !== null);
    const delayed = later.filter((row) => !planned.includes(row));
    if (planned.length > 0) causes.push(plannedCause(byDueAt(planned)));
    if (delayed.length > 0) causes.push(delayedCause(byDueAt(delayed)));
    if (activation !== undefined) return causes; // what else there is stands in its line
    const retried = pending.find(({ attempts, dueAt }) => attempts > 1 && (dueAt ?? 0) > now); // it holds the line
    if (retried !== undefined) causes.push(retryCause(retried));
    const due = pending.filter(({ dueAt }) => (dueAt ?? 0) <= now);
    if (due.length > 0) causes.push(dueCause(due, isKept(system.supervision.childOf(address.encoded))));
    return causes;
  },
};

function byDueAt(rows: readonly InboxRow[]): readonly InboxRow[] {
  return [...rows].sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
}

const idsOf = (rows: readonly InboxRow[]): string[] => rows.slice(0, NAMED).map(({ id }) => id);

const timeOf = (row: InboxRow | undefined): string => new Date(row?.dueAt ?? 0).toISOString();

function parkedCause(rows: readonly InboxRow[]): Cause {
  const messages = rows.slice(0, NAMED).map((row) => ({ id: row.id, attempts: row.attempts, reason: reasonOf(row) }));
  const { actor, id } = rows[0] as InboxRow;
  return {
    kind: 'parked',
    says: `${rows.length} messages are parked: ${messages.map(({ id, reason }) => `${id} (${reason})`).join(', ')}.`,
    remedy: `Mend the cause, then ${takeUp(actor, id)}. Others pass them by, unless onPoison is hold.`,
    facts: { count: rows.length, messages },
  };
}

/** How an operator settles a parked message. */
export function takeUp(actor: string, messageId: string): string {
  return `DeadLetters.retry({ actor: '${actor}', messageId: '${messageId}' }), or discard() it`;
}

function reasonOf(row: InboxRow): string {
  const answer = decodeAnswer(row);
  return answer.kind === 'error' ? answer.error.message : 'unknown';
}

/** Reminders, for instance: their runs are messages of its own. */
function plannedCause(rows: readonly InboxRow[]): Cause {
  const runs = rows.slice(0, NAMED).flatMap(({ actor, id, dueAt }) => {
    const run = readOccurrence(actor, id);
    return run === null ? [] : [{ facet: run.facet, name: run.name, number: run.number, messageId: id, dueAt }];
  });
  return {
    kind: 'planned',
    says: `${rows.length} runs are planned; the next, ${runs[0]?.facet} ${runs[0]?.name}, is due at ${timeOf(rows[0])}.`,
    remedy: 'They run by themselves when they fall due, and wake it.',
    facts: { count: rows.length, dueAt: rows[0]?.dueAt, runs },
  };
}

function delayedCause(rows: readonly InboxRow[]): Cause {
  return {
    kind: 'delayed',
    says: `${rows.length} messages wait for their time, the next until ${timeOf(rows[0])}.`,
    remedy: 'They run by themselves when they fall due.',
    facts: { count: rows.length, dueAt: rows[0]?.dueAt, messageIds: idsOf(rows) },
  };
}

function retryCause(row: InboxRow): Cause {
  const [handler] = readEnvelope(row);
  return {
    kind: 'retry',
    says: `${handler} failed, with ${row.attempts} starts counted, and starts again at ${timeOf(row)}; it holds the line then.`,
    remedy: 'It wakes the actor by itself, and is parked after its last attempt.',
    facts: { handler, messageId: row.id, attempts: row.attempts, until: row.dueAt },
  };
}

function dueCause(rows: readonly InboxRow[], waitsForSupervisor: boolean): Cause {
  return {
    kind: 'due',
    says: `${rows.length} accepted messages are due, and wait to be taken up.`,
    remedy: waitsForSupervisor
      ? 'They wait until its supervisor starts it again.'
      : 'The node that owns the store takes them up by itself, after its start or at its next look.',
    facts: { count: rows.length, messageIds: idsOf(rows) },
  };
}
