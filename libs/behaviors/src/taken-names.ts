import { Handle } from '#core';

type Member = (this: never, ...args: unknown[]) => unknown;

/** Methods that a behaviour has put into a class. */
const made = new WeakSet<object>();

/**
 * Puts a message into the class, in place of whatever the class has under its name: whoever calls this has to refuse what
 * {@link memberOf} finds there.
 */
export function addMessage(
  prototype: object,
  name: string,
  options: Parameters<typeof Handle>[0],
  value: Member,
): void {
  made.add(value);
  const descriptor: PropertyDescriptor = { value, writable: true, configurable: true, enumerable: false };
  Object.defineProperty(prototype, name, descriptor);
  Handle(options)(prototype, name, descriptor);
}

/** What the class, or one it extends, has under this name and no behaviour has put there; `undefined` for nothing. */
export function memberOf(prototype: object, name: string): unknown {
  for (let at: object | null = prototype; at !== null && at !== Object.prototype; at = parentOf(at)) {
    const member = Object.getOwnPropertyDescriptor(at, name);
    if (member === undefined) continue;
    const { value } = member as { value?: unknown };
    return typeof value === 'function' && made.has(value) ? undefined : (value ?? member);
  }
  return undefined;
}

function parentOf(prototype: object): object | null {
  return Object.getPrototypeOf(prototype) as object | null;
}
