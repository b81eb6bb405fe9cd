import { Message } from '../runtime/message';
import { ADVANCE } from '../runtime/system-messages';
import { advanceIdOf } from './occurrence';

/**
 * What goes out with the end of a message that was given up. Its turn left no trace (P7), the plan of the next run
 * included; that is planned by a message of its own then, which is stored in the same append as the end.
 */
export function afterFailure(message: Message): Message[] {
  const { handler, occurrence } = message;
  return occurrence === null || handler === ADVANCE ? [] : [advanceOf(message)];
}

/** The turn that goes on with the plan which `message` is a run of, or once more such a turn. */
export function advanceOf({ to, env, id, handler, trail }: Message): Message {
  const causationId = handler === ADVANCE ? trail.causationId : id;
  const next = new Message(to, ADVANCE, [], { ...trail, causationId }, env, handler === ADVANCE ? id : advanceIdOf(id));
  next.delayUntil(env.now());
  return next;
}
