import type { HandlerDefinition } from '../actor/actor-definition';
import type { ActorRef } from '../actor/actor-ref';
import type { CallCycleError } from '../errors';
import { frames, runningTurn } from '../turn/frame';
import type { RunningEffect } from '../turn/running-effect';
import type { Turn } from '../turn/turn';
import { cycleOf } from './call-cycle';
import { CLIENT, type Origin, chainOf } from './make-message';

/** The turn a send belongs to; an error when the ref was made for a turn that has ended. */
export function sendingTurn(
  { turn }: Pick<ActorRef<object>, 'turn'>,
  handler: HandlerDefinition,
): Turn | Error | undefined {
  if (turn === null || frames.getStore()?.effect != null) return runningTurn();
  return turn.ended ? turn.endedError(`a message ${handler.name}`) : (runningTurn() ?? turn);
}

/**
 * Whose an ask is that belongs to no turn. One of a side effect is a client's: it has an id of its own in each attempt, and its
 * outcome is recorded by the effect alone. But a turn waits for it all the same, so it asks nobody who waits for that turn.
 */
export function askOrigin(receiver: string, handler: HandlerDefinition): Origin | CallCycleError {
  const frame = frames.getStore();
  if (frame?.effect == null || frame.turn.ended || (frame.effect as RunningEffect).isOver) return CLIENT;
  const trail = { ...CLIENT.trail, chain: chainOf(frame.turn) };
  return cycleOf(frame.turn, receiver, handler) ?? { ...CLIENT, trail, asks: frame };
}
