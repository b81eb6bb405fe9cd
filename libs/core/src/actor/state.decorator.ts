import { declareMember, STATE, TRANSIENT } from './metadata';

/**
 * A field that is the actor's state: rolled back with a failed turn, journaled and checkpointed with
 * `durability()`, saved with `snapshot`. Its initializer gives the value a new actor begins with. Renaming the
 * field loses what was stored under the old name. The value is data: what the codec cannot keep is refused.
 * @publicApi
 */
export function State(): PropertyDecorator {
  return (target, property, descriptor?: PropertyDescriptor) =>
    declareMember(STATE, target, property, descriptor, undefined);
}

/**
 * A field that is deliberately not state: a cache, a timer handle, a connection. It starts anew with each
 * activation, and the development watch for undeclared state leaves it alone.
 * @publicApi
 */
export function Transient(): PropertyDecorator {
  return (target, property, descriptor?: PropertyDescriptor) =>
    declareMember(TRANSIENT, target, property, descriptor, undefined);
}
