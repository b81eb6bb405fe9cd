import type { Activation } from '../runtime/activation';
import type { Address } from '../runtime/address';
import { reentrantTurnOf, runningTurnOf } from '../runtime/running-turn';
import type { Turn } from '../turn/turn';
import type { Wait } from './wait';

export type FindActivation = (address: Address) => Activation | undefined;

/**
 * The turn that has to end, or to go on, before the wait can: the one that runs the message, else the one that holds the line
 * before it. `null`: the wait ends by itself, since nothing holds that line but a retry, a load or a commit, or an operator's
 * hold. May be wrong about a message that is not in the line: see {@link isAhead}.
 */
export function turnAhead({ on, message }: Wait, find: FindActivation): Turn | null {
  const activation = find(on);
  if (activation === undefined || activation.released) return null;
  const run = message?.run ?? null;
  if (run !== null && !run.ended) return run;
  // A reader that waits for what its own sender sent before, which runs inside the turn that holds the line.
  const held = message?.isHeldBack === true ? message.source : null;
  const inside = held === null || activation.mailbox.hasFrom(held) ? null : reentrantTurnOf(activation, held);
  return inside ?? runningTurnOf(activation);
}

/**
 * Is it so? A message whose turn has ended waits for its commit only, whatever its actor does meanwhile. A reader runs beside the
 * line, but for one that may not overtake what its sender sent before, or that came while the actor was loaded.
 */
export function isAhead({ on, message }: Wait, { received }: Turn, find: FindActivation): boolean {
  if (message === null) return true;
  const { mailbox } = find(on) as Activation;
  if (message.isHeldBack) return received.source === message.source || mailbox.hasFrom(message.source);
  return received.carries(message) || mailbox.carries(message);
}
