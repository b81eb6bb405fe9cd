import type { HandlerDefinition } from '../actor/actor-definition';
import { CallCycleError } from '../errors';
import type { Turn } from '../turn/turn';
import { chainOf } from './make-message';

/** Would the ask wait for a turn that waits for it? */
export function cycleOf(turn: Turn, receiver: string, handler: HandlerDefinition): CallCycleError | null {
  if (handler.readOnly) return null; // runs beside the waiting turn
  if (handler.reentrant) return null; // runs inside it
  const path = chainOf(turn);
  return path.includes(receiver) ? new CallCycleError([...path.slice(path.indexOf(receiver)), receiver]) : null;
}

/** @throws CallCycleError */
export function assertNoCycle(turn: Turn, receiver: string, handler: HandlerDefinition): void {
  const cycle = cycleOf(turn, receiver, handler);
  if (cycle !== null) throw cycle;
}
