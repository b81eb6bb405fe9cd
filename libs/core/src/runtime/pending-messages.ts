import type { OpenTurn } from '#journal';
import { CorruptRecordError, type InboxRow } from '#spi';
import { joinDelegate } from '../deferred/delegation';
import type { DurableActivation } from './durable-activation';
import { lookAgainSoon } from './look-again';
import type { Mailbox } from './mailbox';
import type { Message } from './message';
import { fromInboxRow } from './message-codec';
import type { RecoveredActor } from './recover-actor';

/**
 * What an activation begins with: stored messages in the order of acceptance, the open one first, since it holds the
 * line; then what came while it was loading, in that order. A message that is both, its row its own, was written while
 * the inbox was read: it stays before the rows behind it, whose messages are still on their way here. Where the row was
 * there before, the message is a repeat that joins it.
 */
function mergePending(
  host: DurableActivation,
  found: Pick<RecoveredActor, 'rows' | 'openTurn'>,
  arrived: readonly Message[],
): Message[] {
  const { env, system, address, cls } = host;
  const inMemory = new Map(arrived.filter((message) => message.row !== 'none').map((message) => [message.id, message]));
  for (const row of found.rows) {
    const came = inMemory.get(row.id);
    // An earlier life accepted it, or even began it: that one goes on, the one that came joins it. A row that a repeat
    // has written here keeps the place of the first, which the store did not take.
    const owner = came?.claimants.find((claimant) => claimant.row === 'stored');
    const isRepeat = owner === undefined || row.state === 'open' || row.attempts !== owner.attempts;
    if (isRepeat) inMemory.delete(row.id);
  }
  // A delayed message has no start counted yet. Any other holds its place, the wait before its next start included (V3).
  const due = found.rows.filter((row) => row.attempts > 0 || (row.dueAt ?? 0) <= env.now() || row.state === 'open');
  for (const row of found.rows) if (!due.includes(row)) system.wakeAt(address, row.dueAt ?? 0);
  const opened = due.find((row) => row.state === 'open');
  if (found.openTurn !== null && !hasRowOf(found.openTurn, found.rows)) {
    throw new CorruptRecordError(
      address.encoded,
      `Message ${found.openTurn.received.messageId}`,
      'its turn is open in the journal, but its inbox row is not there',
    );
  }
  const ordered = opened === undefined ? due : [opened, ...due.filter((row) => row !== opened)];
  const taken = (message: Message): Message => {
    joinDelegate(system, message);
    return message;
  };
  const merged: Message[] = [];
  let next = 0; // of those that came
  for (const row of ordered) {
    const known = inMemory.get(row.id);
    if (known === undefined) merged.push(taken(fromInboxRow(row, address, cls, env)));
    else while (next <= arrived.indexOf(known)) merged.push(arrived[next++] as Message);
  }
  return [...merged, ...arrived.slice(next)];
}

/** Until each tell that came before the inbox was read knows whether the row of its id is its own; one that came later has seen none of it. */
export async function untilTold(rows: readonly InboxRow[], mailbox: Mailbox): Promise<void> {
  const stored = new Set(rows.map(({ id }) => id));
  const claimants = mailbox.all.flatMap((message) => message.claimants);
  const untold = claimants.filter(({ id, row }) => row === 'accepting' && stored.has(id));
  for (const { accepted } of untold) await accepted?.catch(() => undefined); // its sender is told
}

/** Does the inbox know of the turn that is open in the journal? If not, one was read before and the other after a write. */
export function hasRowOf({ received }: OpenTurn, rows: readonly InboxRow[]): boolean {
  return rows.find(({ state }) => state === 'open')?.id === received.messageId;
}

/** What came meanwhile is merged in one step with what is stored: that is the line from here on. */
export function mergeLine(
  host: DurableActivation,
  found: Pick<RecoveredActor, 'rows' | 'openTurn'>,
  mailbox: Mailbox,
): void {
  host.known.clear();
  for (const message of takeUpPending(host, found, mailbox)) if (host.known.admit(message)) mailbox.push(message);
}

/** {@link mergePending} of what is in the mailbox, which keeps it when that fails: somebody has to tell those who wait. */
function takeUpPending(
  host: DurableActivation,
  found: Pick<RecoveredActor, 'rows' | 'openTurn'>,
  mailbox: Mailbox,
): Message[] {
  const arrived = mailbox.takeAll();
  try {
    return mergePending(host, found, arrived);
  } catch (error) {
    mailbox.putBack(arrived);
    throw error;
  }
}

/** What has fallen due since; nothing when it cannot be read, for it is asked for again. */
export async function readPending(host: DurableActivation): Promise<Message[]> {
  try {
    const rows = await host.system.storage.inbox.pending(host.actorId);
    return mergePending(host, { rows, openTurn: null }, []);
  } catch (error) {
    host.system.logger.error(`${host.actorId} cannot read its inbox: ${String(error)}`);
    lookAgainSoon(host, error);
    return [];
  }
}
