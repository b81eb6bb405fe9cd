import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { RetryOptions } from '../turn/retry-policy';
import { declareMember, HANDLER } from './metadata';

/** Options of `@Handle()`. @publicApi */
export interface HandleOptions {
  /** Name of the message on the wire and in the journal. Renaming it strands messages that wait. Default: the method's name. */
  readonly name?: string;
  /**
   * Runs on a second instance that holds committed state, beside the line of messages. Nothing is journaled; what
   * it changes is lost, and found in development (P2).
   */
  readonly readOnly?: boolean;
  /**
   * While a turn of the actor waits for an ask, a call that comes back to the actor from there runs inside that turn, on its
   * live state; without this it is a `CallCycleError`. It passes what stands in line, tells of its own
   * sender included. What it changes and sends stands and falls with that turn, and when it throws, that turn fails as well.
   * Not on actors with `durability()`, whose turns are recorded one at a time. Default false.
   */
  readonly reentrant?: boolean;
  /** Starts of the message when the handler throws. Default: see P7. Not for read-only handlers, whose caller asks again. */
  readonly retry?: RetryOptions;
  /**
   * Checks the first argument, and may transform it, before anything is stored: zod, valibot, arktype, … What it
   * refuses never becomes a message: the sender gets `InvalidArgumentsError`.
   */
  readonly schema?: StandardSchemaV1;
  /**
   * The one way it may be sent; the others are refused with `MessageKindError` before anything is stored. `'self'`: a tell of
   * the actor to itself; a full mailbox has room for 10,000 of those, or 16 MB. Default: asked and told, by everybody.
   */
  readonly only?: 'ask' | 'tell' | 'self';
  /**
   * Takes tells of names that the class does not handle: `(name, args)`. One per class. What was stored for a handler that
   * the class has lost since is not among them: it ends with `UnknownMethodError`.
   */
  readonly unknown?: boolean;
}

/**
 * Makes a method a message: `ref.ask.increment(1)`, `ref.tell.increment(1)`. Arguments and answer are copied by the
 * journal's codec, so they are data, never shared objects. An undecorated method is out of reach.
 *
 * A throw leaves no trace of the turn (P7). `@UseGuards`, `@UsePipes`, `@UseInterceptors` and `@UseFilters` beside it
 * run in the caller's process, once, before the message is stored.
 * @publicApi
 */
export function Handle(options: HandleOptions = {}): MethodDecorator {
  return (target, property, descriptor) => declareMember(HANDLER, target, property, descriptor, options);
}
