import { failpoint } from '#spi';
import { advanceOf, afterFailure } from '../planning/after-failure';
import { outsideTurns } from '../turn/frame';
import type { DurableTurn } from '../turn/durable-turn';
import type { Turn } from '../turn/turn';
import type { Activation } from './activation';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';
import { ADVANCE } from './system-messages';

/** A turn without a journal has ended well: its sends leave, and its plans take effect. */
export function leavePlainTurn(host: Activation, turn: Turn): void {
  for (const send of turn.sends ?? []) {
    send.enter();
    host.system.deliverSend(send);
  }
  turn.plan?.committed();
  turn.onCommit?.();
}

/** The turn is durable: its sends leave, and its plans take effect. */
export function leaveDurableTurn(host: Activation, turn: Turn): void {
  for (const send of turn.sends ?? []) {
    failpoint('send.beforeDeliver');
    host.system.deliverSend(send);
  }
  turn.plan?.committed();
  turn.onCommit?.();
}

/** Its answer alone is committed (P7): what the turn would have sent, planned and written is dropped. */
export function dropAllButAnswer(turn: DurableTurn): void {
  turn.sends = afterFailure(turn.received);
  turn.plan = null;
  turn.onCommit = null;
  turn.replies = null;
  turn.rows = null;
}

/** What the commit that is on its way takes back does not start here any more (G2). */
export function dropWithdrawn(host: DurableActivation, { withdrawn }: { readonly withdrawn: readonly string[] }): void {
  if (withdrawn.length === 0) return;
  const gone = host.mailbox.drop((message) => message.occurrence !== null && withdrawn.includes(message.id));
  for (const message of gone) {
    message.leave();
    host.known.forget(message);
  }
}

/** A message came to nothing, and nothing of it is stored: the plan it is a run of goes on all the same. */
export function goOnAfter(host: Activation, message: Message): void {
  for (const next of afterFailure(message)) host.enqueue(next);
}

/** How soon a plan goes on that the store has refused to let go on. */
const AGAIN_MS = 1_000;

/** The same where the store did not take the message's end: it may not take the turn that goes on with the plan either, for a while. */
export function goOnInTime(host: Activation, message: Message): void {
  if (message.handler !== ADVANCE) return goOnAfter(host, message);
  const again = (): void => {
    if (!host.released) host.enqueue(advanceOf(message));
  };
  outsideTurns(() => host.env.schedule(again, AGAIN_MS));
}
