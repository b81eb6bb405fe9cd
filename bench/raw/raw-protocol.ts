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

export function bytesOf({ frameBytes, inbox }: AppendShape): number {
  return inbox.reduce((sum, { bytes }) => sum + bytes, frameBytes);
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
