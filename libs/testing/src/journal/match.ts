import { isDeepStrictEqual } from 'node:util';

/**
 * Does `actual` have all that `expected` says? Objects may have more; arrays may not. Matchers of Jest and Vitest, such as
 * `expect.any(Number)`, decide for themselves. Pure.
 */
export function matches(actual: unknown, expected: unknown): boolean {
  if (isMatcher(expected)) return expected.asymmetricMatch(actual);
  if (Array.isArray(expected))
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((value, i) => matches(actual[i], value))
    );
  if (!isRecord(expected)) return isDeepStrictEqual(actual, expected);
  return (
    typeof actual === 'object' &&
    actual !== null &&
    Object.entries(expected).every(([key, value]) => matches((actual as Record<string, unknown>)[key], value))
  );
}

function isMatcher(value: unknown): value is { asymmetricMatch(actual: unknown): boolean } {
  return typeof (value as { asymmetricMatch?: unknown } | null | undefined)?.asymmetricMatch === 'function';
}

/** A plain object of any realm. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}
