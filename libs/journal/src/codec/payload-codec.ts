import { hash } from 'node:crypto';
import { CorruptRecordError } from '#spi';
import { Packr, RESERVE_START_SPACE, RESET_BUFFER_MODE, REUSE_BUFFER_MODE } from 'msgpackr';
import { PayloadTooLargeError } from '../errors';
import { decodeJson, isJson } from './json-codec';
import { DEFAULT_MAX_BYTES, type PayloadLimits, checkPayload } from './payload-check';
import { withPayloadClasses } from './payload-classes';

const shape = { moreTypes: true, useToJSON: false, copyBuffers: true };
/** Both write the same bytes for a tree; the second also carries repeated objects and cycles, at twice the cost. */
const trees = new Packr({ ...shape, structuredClone: false });
const graphs = new Packr({ ...shape, structuredClone: true });

/**
 * Encodes arguments, results and state: whatever comes back equal, and nothing else (Dates, Maps, Sets, bigints,
 * bytes, errors, repeated objects and cycles included). Equal trees have equal bytes. `-0` becomes `0`.
 *
 * @param subject root of the path that an error names: `args` gives `args[0].lines[2].price`
 * @throws InvalidPayloadError, PayloadTooLargeError
 */
export function encodePayload(value: unknown, limits?: PayloadLimits, subject = 'payload'): Uint8Array {
  const packr = checkPayload(value, limits, subject) ? graphs : trees;
  const bytes = withPayloadClasses(() => packExact(packr, value));
  const limit = limits?.maxBytes ?? DEFAULT_MAX_BYTES;
  if (bytes.length > limit) throw new PayloadTooLargeError(subject, bytes.length, limit);
  return bytes;
}

/** A checked value with repeated objects written out each time. It must not contain itself. */
export function encodeTree(value: unknown): Uint8Array {
  return withPayloadClasses(() => packExact(trees, value));
}

/** Inverse of {@link encodePayload}, and of `encodeJson`. The result shares no memory with `bytes`. @throws CorruptRecordError */
export function decodePayload(bytes: Uint8Array, subject = 'a payload'): unknown {
  try {
    if (isJson(bytes)) return decodeJson(bytes);
    return graphs.unpack(asBuffer(bytes));
  } catch (error) {
    throw new CorruptRecordError(subject, 'A payload', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

/** `value` as a receiver in another process would get it. Primitives are returned as they are. */
export function copyPayload(value: unknown, limits?: PayloadLimits, subject?: string): unknown {
  return isPrimitive(value) ? value : decodePayload(encodePayload(value, limits, subject), subject);
}

/** Immutable and without identity: needs no copy. Functions and symbols are neither primitive here nor storable. */
export function isPrimitive(value: unknown): value is null | undefined | boolean | number | bigint | string {
  switch (typeof value) {
    case 'object':
      return value === null;
    case 'function':
    case 'symbol':
      return false;
    default:
      return true;
  }
}

/** 128 bits of SHA-256, base64url: names a payload in comparisons of arguments (P5, P9). */
export function hashPayload(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'buffer').subarray(0, 16).toString('base64url');
}

/**
 * Packs into an allocation of its own, for what may be kept: a slice of a shared one would keep all of it alive.
 * msgpackr's own buffer is copied from and used again at once.
 */
export function packExact(packr: Packr, value: unknown): Buffer {
  const slice = packSlice(packr, value, 0);
  const exact = Buffer.allocUnsafeSlow(slice.length);
  exact.set(slice);
  return exact;
}

/** Packs into Node's pool, several times faster, for what is written and let go. @param reserve free bytes at the start */
export function packBriefly(packr: Packr, value: unknown, reserve: number): Buffer {
  return Buffer.from(packSlice(packr, value, reserve));
}

/** Valid until the next packing. */
function packSlice(packr: Packr, value: unknown, reserve: number): Buffer {
  const mode = REUSE_BUFFER_MODE | RESET_BUFFER_MODE;
  const packed = packr.pack(value, reserve === 0 ? mode : mode | RESERVE_START_SPACE | reserve);
  const { start, end } = packed as Buffer & { start?: number; end?: number };
  // With references inserted msgpackr answers with the very slice instead of its buffer and two marks.
  return start === undefined ? packed : packed.subarray(start, end);
}

/** A fresh view (msgpackr leaves a property on what it reads), of the type that makes it return Buffers for Buffers. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
