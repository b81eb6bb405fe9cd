import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { decodePayload, encodePayload } from '#journal';
import { CorruptLogError } from '../errors';

/** Marks what JSON alone would change: the payload codec's bytes instead. */
const CODED = '$payload';

/**
 * The lines of a log that its writer may have left in the middle of one: a last line without its end is passed over,
 * since nobody was told that it is there. A file that does not exist has no lines.
 * @throws CorruptLogError for any other line that is not JSON
 */
export function readJsonLines(file: string): unknown[] {
  const lines = textOf(file).split('\n');
  lines.pop(); // what follows the last line end: nothing, or a torn line
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (error) {
      throw new CorruptLogError(file, i + 1, 'is not JSON', { cause: error });
    }
  });
}

/** `value` in a form that JSON keeps: itself when it comes back equal, else encoded. @throws InvalidPayloadError */
export function toJsonValue(value: unknown): unknown {
  if (value === undefined) return undefined; // its property is left out
  if (isPlainJson(value)) return value;
  return { [CODED]: Buffer.from(encodePayload(value)).toString('base64') };
}

function isPlainJson(value: unknown): boolean {
  try {
    const text = JSON.stringify(value);
    return !text.includes(CODED) && isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false; // a bigint, a cycle
  }
}

/** Inverse of {@link toJsonValue}. */
export function fromJsonValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(CODED in value)) return value;
  return decodePayload(Buffer.from(String(value[CODED]), 'base64'));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
