import type { HandlerDefinition } from '../actor/actor-definition';
import { CallCycleError } from '../errors';
import type { Turn } from '../turn/turn';
import { chainOf } from './make-message';

/** Would the ask wait for a turn that waits for it? @throws CallCycleError */
export function assertNoCycle(turn: Turn, receiver: string, handler: HandlerDefinition): void {
  if (handler.readOnly) return; // runs beside the waiting turn
  if (handler.reentrant) return; // runs inside it
  const path = chainOf(turn);
  if (path.includes(receiver)) throw new CallCycleError([...path.slice(path.indexOf(receiver)), receiver]);
}
