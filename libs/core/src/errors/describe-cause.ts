import { inspect } from 'node:util';

/** The reason inside a sentence of another error; anything can be thrown. */
export function describeCause(cause: unknown): string {
  if (cause instanceof Error) return cause.message;
  return cause === undefined ? 'unknown cause' : inspect(cause, { depth: 1, breakLength: Infinity });
}
