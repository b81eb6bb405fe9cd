import { InvalidActorClassError } from '../errors';
import type { HandlerDefinition } from './actor-definition';

/**
 * A journal holds whole turns, one after the other: a call inside another's turn would be in the record of neither.
 * @throws InvalidActorClassError
 */
export function checkNotReentrant(className: string, handlers: ReadonlyMap<string, HandlerDefinition>): void {
  for (const { property, reentrant } of handlers.values()) {
    if (reentrant)
      throw new InvalidActorClassError(
        className,
        `handler ${property} is reentrant, and the actor has durability()`,
        'Make the handler readOnly if it only looks; else let the other actor send a tell, or do without durability().',
      );
  }
}
