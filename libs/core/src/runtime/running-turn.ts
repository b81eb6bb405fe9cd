import type { Turn } from '../turn/turn';
import type { Activation } from './activation';
import { DurableActivation } from './durable-activation';
import { PlainActivation } from './plain-activation';
import type { Source } from './source';

/** The turn inside the one that holds the actor's line which runs a message of `source`, if one does. */
export function reentrantTurnOf(activation: Activation, source: Source): Turn | null {
  return activation instanceof PlainActivation ? activation.reentrantTurnOf(source) : null;
}

/** The turn that holds the actor's line, if one does. */
export function runningTurnOf(activation: Activation): Turn | null {
  if (activation instanceof DurableActivation) return activation.runner.running;
  return activation instanceof PlainActivation ? activation.turn : null;
}
