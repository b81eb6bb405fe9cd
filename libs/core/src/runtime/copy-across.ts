import { decodePayload, encodePayload, isPrimitive } from '#journal';
import type { SystemPort } from './system-port';

/** Up to here a string is not counted: it costs more to look than to keep. */
const SMALL_TEXT = 1_024;

/** Immutable, and too small to matter to any limit: it needs neither a copy nor a look. */
export function crossesAsIs(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= SMALL_TEXT : isPrimitive(value);
}

/** What leaves an actor shares nothing with it. @throws InvalidPayloadError, PayloadTooLargeError */
export function copyAcross(value: unknown, maxBytes: number, subject: string): unknown {
  return crossesAsIs(value) ? value : decodePayload(encodePayload(value, { maxBytes }, subject));
}

/** {@link copyAcross} for the answer of an actor without a journal. */
export function copyAnswer(value: unknown, { system }: { readonly system: SystemPort }): unknown {
  return copyAcross(value, system.options.maxPayloadBytes, 'answer');
}
