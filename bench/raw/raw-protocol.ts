import type { AppendShape } from './record-turn';

export interface RawWorkerData {
  readonly path: string;
  readonly keys: number;
  readonly shapes: readonly AppendShape[];
}

/**
 * A group of appends is one buffer that changes hands: `[count]`, for each append `[key, seq, step, number]` in 32 bits,
 * then for each append its frame and the bytes of its inbox rows.
 */
export const HEADER_INTS = 4;

export interface RawAppend {
  readonly key: number;
  /** Of the last entry before it. */
  readonly seq: number;
  /** Which append of the ask it is. */
  readonly step: number;
  /** Of the ask; becomes its message id. */
  readonly number: number;
}

/** Of a raw actor's incarnation, as long as a real one. */
export const WRITER = 'w'.repeat(26);

export function actorName(key: number): string {
  return `default/default/raw_counter/c${key}`;
}

export function messageId(number: number, length: number): string {
  return String(number).padStart(length, '0');
}

export function bytesOf({ frameBytes, inbox }: AppendShape): number {
  return inbox.reduce((sum, { bytes }) => sum + bytes, frameBytes);
}

/** What each append of an ask writes, frame first. */
export function payloadsOf(shapes: readonly AppendShape[]): readonly Uint8Array[] {
  return shapes.map((shape) => new Uint8Array(bytesOf(shape)).fill(0x5a));
}

export function packAppends(appends: readonly RawAppend[], payloads: readonly Uint8Array[]): ArrayBuffer {
  const headerBytes = 4 * (1 + HEADER_INTS * appends.length);
  const size = appends.reduce((sum, { step }) => sum + (payloads[step] as Uint8Array).length, headerBytes);
  const buffer = new ArrayBuffer(size);
  const header = new Int32Array(buffer, 0, headerBytes / 4);
  const bytes = new Uint8Array(buffer);
  header[0] = appends.length;
  let at = headerBytes;
  appends.forEach(({ key, seq, step, number }, i) => {
    header.set([key, seq, step, number], 1 + HEADER_INTS * i);
    const payload = payloads[step] as Uint8Array;
    bytes.set(payload, at);
    at += payload.length;
  });
  return buffer;
}
