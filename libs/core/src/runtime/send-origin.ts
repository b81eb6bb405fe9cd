import type { HandlerDefinition } from '../actor/actor-definition';
import type { ActorRef } from '../actor/actor-ref';
import { frames, runningTurn } from '../turn/frame';
import type { RunningEffect } from '../turn/running-effect';
import type { Turn } from '../turn/turn';
import { CLIENT, type Origin } from './make-message';

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
 * outcome is recorded by the effect alone. It is in no chain either: the effect, and with it the turn, may go on without the answer.
 */
export function askOrigin(): Origin {
  const frame = frames.getStore();
  if (frame?.effect == null || frame.turn.ended || (frame.effect as RunningEffect).isOver) return CLIENT;
  return { ...CLIENT, asks: frame };
}
