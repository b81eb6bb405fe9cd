import { inspect, isDeepStrictEqual } from 'node:util';
import { hashValue } from '#journal';

/** Equal as far as the payload codec can tell: it carries `-0` as `0`. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true;
  try {
    return hashValue(a) === hashValue(b);
  } catch {
    return false; // one of them never went through the codec, so it is not what was stored
  }
}

/** A value in a message. */
export function show(value: unknown): string {
  const text = inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 200 });
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
