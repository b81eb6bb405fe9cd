import { PayloadTooLargeError } from '../errors';
import { JsonReader, JsonWriter, repeatedIn } from './json-values';
import { DEFAULT_MAX_BYTES, type PayloadLimits, checkPayload } from './payload-check';

/** Which codec writes values. Both are read, whichever wrote them. @publicApi */
export type PayloadCodec = 'msgpack' | 'json';

/** MessagePack of more than one byte never begins with an ASCII character, and JSON always does. */
export function isJson(bytes: Uint8Array): boolean {
  return bytes.length > 1 && (bytes[0] as number) < 0x80;
}

/**
 * `encodePayload` in JSON: refuses the same, and what comes back is the same.
 * @throws InvalidPayloadError, PayloadTooLargeError
 */
export function encodeJson(value: unknown, limits?: PayloadLimits, subject = 'payload'): Uint8Array {
  const repeats = checkPayload(value, limits, subject);
  const bytes = jsonBytes(new JsonWriter(repeats ? repeatedIn(value) : null).write(value));
  const limit = limits?.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes.length > limit) throw new PayloadTooLargeError(subject, bytes.length, limit);
  return bytes;
}

/** Throws plain errors. */
export function decodeJson(bytes: Uint8Array): unknown {
  return new JsonReader().read(parseJson(bytes));
}

/** The JSON of a value that has been checked, as a part of a larger document. */
export function jsonNode(value: unknown): unknown {
  const repeated = repeatedIn(value);
  return new JsonWriter(repeated.size === 0 ? null : repeated).write(value);
}

export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}

/** A digit alone would be MessagePack: it gets a blank. */
export function jsonBytes(node: unknown): Buffer {
  const text = JSON.stringify(node);
  const whole = text.length === 1 ? ` ${text}` : text;
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(whole)); // may be kept: no slice of something larger
  bytes.write(whole);
  return bytes;
}
