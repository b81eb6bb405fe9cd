import type { Settled } from '#journal';
import { type InboxRow, StoreFailedError, failpoint } from '#spi';
import { outsideTurns } from '../turn/frame';
import type { Message } from './message';
import { storedRow } from './json-rows';
import { conflictOf } from './known-message';
import { argsHashOf } from './message-codec';
import type { SystemPort } from './system-port';

/**
 * Accepts a tell: an inbox row, where the receiver keeps one (DESIGN §4, step 1). The message takes its place in the
 * line at once, its row is ahead of any commit of its turn; the sender hears when the row is durable.
 */
export async function acceptTell(system: SystemPort, message: Message): Promise<void> {
  const isStored = system.keepsInbox(message.to);
  // Between two lives of a child nobody doubts that it is there, and its gate may stay closed for long.
  if (isStored && message.to.definition.virtual === null && !system.supervision.comesBack(message.to.encoded)) {
    await system.activate(message.to);
    if (!system.mayAct()) throw system.notOwner();
  }
  if (isStored) return acceptRow(system, message);
  deliverPlain(system, message, dueTime(system, message));
}

/** The same for a receiver that keeps an inbox, and need not be there already. */
export async function acceptRow(system: SystemPort, message: Message): Promise<void> {
  system.assertRoom(message);
  const dueAt = dueTime(system, message);
  message.row = 'accepting';
  const isDue = dueAt <= system.env.now();
  const accepted = new Promise<InboxRow | null>((resolve, reject) => {
    const row = storedRow(system, message, dueAt);
    outsideTurns(() =>
      system.writer.submit({ kind: 'accept', row }, (outcome) => settle(message, outcome, resolve, reject)),
    );
  });
  message.accepted = accepted;
  if (message.keyed) message.ready = accepted; // a repeat must not run: its start waits for the verdict
  accepted.catch(() => undefined); // told below; a message that waits for it hears by itself
  if (isDue) system.deliver(message);
  message.place?.free();
  const known = await accepted;
  failpoint('ingress.afterAccept');
  if (known !== null && known.argsHash !== argsHashOf(message)) throw conflictOf(known);
  if (!isDue) {
    system.wakeAt(message.to, dueAt);
    message.leave();
  }
}

/** Meanwhile the clock may have been put back: what was not to wait is due whatever it says. */
function dueTime({ env }: SystemPort, { isDelayed, dueAt }: Message): number {
  return isDelayed ? dueAt : Math.min(dueAt, env.now());
}

function settle(
  message: Message,
  outcome: Settled,
  resolve: (known: InboxRow | null) => void,
  reject: (error: Error) => void,
): void {
  switch (outcome.kind) {
    case 'accepted':
      message.row = 'stored';
      return resolve(null);
    case 'duplicate':
      return resolve(outcome.row);
    case 'lost':
      return reject(outcome.error);
    case 'failed':
      message.isRefused = true;
      return reject(outcome.error ?? new StoreFailedError('inbox', outcome.reason));
    default:
      return reject(new StoreFailedError('inbox', `it answered an accept with ${outcome.kind}`));
  }
}

function deliverPlain(system: SystemPort, message: Message, dueAt: number): void {
  system.assertRoom(message);
  message.attempts = 1;
  const waitMs = dueAt - system.env.now();
  if (waitMs <= 0) return system.deliver(message);
  message.leave();
  system.env.schedule(() => {
    message.fallDue();
    system.deliverSend(message); // by now its receiver may keep an inbox
  }, waitMs);
}
