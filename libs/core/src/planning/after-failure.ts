import { Message } from '../runtime/message';
import { ADVANCE } from '../runtime/system-messages';
import { advanceIdOf } from './occurrence';

/**
 * What goes out with the end of a message that was given up. Its turn left no trace (P7), the plan of the next run
 * included; that is planned by a message of its own then, which is stored in the same append as the end.
 */
export function afterFailure(message: Message): Message[] {
  const { to, env, id, handler, occurrence, trail } = message;
  if (occurrence === null || handler === ADVANCE) return [];
  const next = new Message(to, ADVANCE, [], { ...trail, causationId: id }, env, advanceIdOf(id));
  next.delayUntil(env.now());
  return [next];
}
