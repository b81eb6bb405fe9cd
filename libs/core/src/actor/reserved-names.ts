import { checkIdComponent, type InvalidActorIdError } from '#spi';
import { HOOKS } from './hook-names';

/** Names that JavaScript, promises or the runtime give a meaning of their own; a message cannot have them. */
const RESERVED = new Set<string>([
  ...Object.getOwnPropertyNames(Object.prototype),
  ...HOOKS,
  'toSnapshot',
  'fromSnapshot',
  'then', // a ref whose `ask.then` exists would be taken for a promise
  'catch',
  'finally',
  'toJSON',
  'prototype',
]);

/** Why `name` cannot name a message, or `null`. */
export function refusalOfHandlerName(name: string): string | null {
  if (RESERVED.has(name)) return 'is reserved';
  return refusalOfName(name);
}

/** Why `name` cannot be written into an id or a journal, or `null`. */
export function refusalOfName(name: unknown): string | null {
  try {
    checkIdComponent('name', name);
  } catch (error) {
    return (error as InvalidActorIdError).reason;
  }
  if (name.startsWith('$')) return "begins with '$', which marks what the runtime itself sends";
  if (name.includes('/')) return "contains '/', which separates the parts of an actor id";
  return null;
}
