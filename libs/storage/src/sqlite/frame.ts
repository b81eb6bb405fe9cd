import type { EntryRecord } from '#spi';

/** A frame is the entries of one append in one row: [length, 32 bits][bytes] … */
const LENGTH_BYTES = 4;

export function joinEntries(entries: readonly EntryRecord[]): Uint8Array {
  let size = 0;
  for (const { bytes } of entries) size += LENGTH_BYTES + bytes.length;
  const frame = new Uint8Array(size);
  let at = 0;
  for (const { bytes } of entries) {
    const { length } = bytes;
    frame[at] = length >>> 24;
    frame[at + 1] = length >>> 16;
    frame[at + 2] = length >>> 8;
    frame[at + 3] = length;
    frame.set(bytes, at + LENGTH_BYTES);
    at += LENGTH_BYTES + length;
  }
  return frame;
}

/**
 * Adds to `into` the entries of `frame` with `afterSeq < seq <= throughSeq`. Their bytes are views of it.
 * @returns what is wrong with the frame, or `null`.
 */
export function splitFrame(
  frame: Uint8Array,
  firstSeq: number,
  count: number,
  range: { readonly afterSeq: number; readonly throughSeq: number },
  into: EntryRecord[],
): string | null {
  let seq = firstSeq;
  let at = 0;
  for (; at < frame.length; seq++) {
    const start = at + LENGTH_BYTES;
    if (start > frame.length) return 'it ends inside a length';
    at = start + lengthAt(frame, at);
    if (at > frame.length) return 'it ends inside an entry';
    if (seq > range.afterSeq && seq <= range.throughSeq) into.push({ seq, bytes: frame.subarray(start, at) });
  }
  return seq === firstSeq + count ? null : `it holds ${seq - firstSeq} entries instead of ${count}`;
}

/** Where the entry after the first `count` begins. */
export function offsetAfter(frame: Uint8Array, count: number): number {
  let at = 0;
  for (let i = 0; i < count; i++) at += LENGTH_BYTES + lengthAt(frame, at);
  return at;
}

function lengthAt(frame: Uint8Array, at: number): number {
  const [a, b, c, d] = [frame[at], frame[at + 1], frame[at + 2], frame[at + 3]] as [number, number, number, number];
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}
