import type { Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import type { HandlerDefinition } from './actor-definition';
import { HANDLER, ON_PARKED } from './metadata';
import { contextPositions } from './read-context';
import { readMethods } from './read-members';

/** The `@OnParked` method of an actor class, as the handler it is when its turn comes. */
export function readParkedHook(cls: Type<object>): HandlerDefinition | null {
  const [method, another] = readMethods<object>(cls, ON_PARKED, '@OnParked()').values();
  if (method === undefined) return null;
  const { property } = method;
  const refuse = (reason: string, remedy: string): never => {
    throw new InvalidActorClassError(cls.name, reason, remedy);
  };
  if (another !== undefined)
    refuse(`${property} and ${another.property} both have @OnParked()`, 'Keep one, and call the other from it.');
  if (readMethods(cls, HANDLER, '@Handle()').has(property))
    refuse(`${property} is both @OnParked() and @Handle()`, 'Give the handler a method of its own.');
  const common = { readOnly: false, reentrant: false, retry: null, schema: null, admission: null };
  return { name: '$parked', property, contextAt: contextPositions(cls, property), ...common };
}
