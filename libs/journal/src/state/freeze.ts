import { types } from 'node:util';
import { FrozenStateError } from '../errors';

/**
 * Freezes a decoded value through and through, so that a change inside it throws instead of getting lost.
 * @returns `false` when it holds bytes, which cannot be frozen: the caller hands out a fresh copy each time.
 */
export function freezeDeep(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return true;
  if (ArrayBuffer.isView(value) || types.isArrayBuffer(value)) return false;
  let frozen = true;
  if (types.isMap(value)) {
    block(value, 'Map', ['set', 'delete', 'clear']);
    for (const [key, item] of value) frozen = freezeDeep(key) && freezeDeep(item) && frozen;
  } else if (types.isSet(value)) {
    block(value, 'Set', ['add', 'delete', 'clear']);
    for (const item of value) frozen = freezeDeep(item) && frozen;
  } else if (types.isDate(value)) {
    block(value, 'Date', DATE_SETTERS);
  }
  Object.freeze(value); // before going on: a cycle ends here
  for (const item of Object.values(value)) frozen = freezeDeep(item) && frozen;
  return frozen;
}

const DATE_SETTERS = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'));

/** `Object.freeze` does not reach what a Map, a Set or a Date holds inside. */
function block(value: object, type: string, methods: readonly string[]): void {
  for (const method of methods) {
    const refuse = () => {
      throw new FrozenStateError(`${type}.${method}()`);
    };
    Object.defineProperty(value, method, { value: refuse });
  }
}
