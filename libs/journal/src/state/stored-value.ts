import { isJson } from '../codec/json-codec';
import { type PayloadLimits, checkPrimitive } from '../codec/payload-check';
import { decodePayload, encodePayload, isPrimitive } from '../codec/payload-codec';
import type { StoredValue } from './state-changes';

/**
 * The form in which the journal keeps a value: a primitive as it is, anything else as the codec's bytes.
 * @param path root of the place that an error names
 * @throws InvalidPayloadError, PayloadTooLargeError
 */
export function storeValue(value: unknown, limits?: PayloadLimits, path = 'value'): StoredValue {
  if (!isPrimitive(value)) return encodePayload(value, limits, path);
  checkPrimitive(value, limits, path);
  return value;
}

/** Inverse of {@link storeValue}; a fresh copy each time. */
export function loadValue(stored: StoredValue): unknown {
  return stored instanceof Uint8Array ? decodePayload(stored) : stored;
}

/** Would a turn that ends with `b` after beginning with `a` have anything to record? */
export function sameStored(a: StoredValue, b: StoredValue): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a === 'number') return a === b; // the codec does not keep -0
  if (!(a instanceof Uint8Array) || !(b instanceof Uint8Array)) return false;
  return isJson(a) === isJson(b) ? sameBytes(a, b) : sameBytes(inMsgpack(a), inMsgpack(b));
}

function inMsgpack(bytes: Uint8Array): Uint8Array {
  return isJson(bytes) ? encodePayload(decodePayload(bytes), { maxBytes: Number.MAX_SAFE_INTEGER }) : bytes;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** What a stored value takes, near enough to decide when to compact. */
export function sizeOfStored(stored: StoredValue): number {
  if (typeof stored === 'string' || stored instanceof Uint8Array) return stored.length + 2;
  return 9;
}
