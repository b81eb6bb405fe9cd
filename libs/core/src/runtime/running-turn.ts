import type { Turn } from '../turn/turn';
import type { Activation } from './activation';
import { DurableActivation } from './durable-activation';
import { PlainActivation } from './plain-activation';

/** The turn that holds the actor's line, if one does. */
export function runningTurnOf(activation: Activation): Turn | null {
  if (activation instanceof DurableActivation) return activation.runner.running;
  return activation instanceof PlainActivation ? activation.turn : null;
}
