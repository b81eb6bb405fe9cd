import { crc32 } from 'node:zlib';

/** Odd constants that spread neighbouring numbers over all bits. */
const SPREAD_SEQ = 0x9e3779b1;
const SPREAD_MARK = 0x85ebca6b;

let lastActor: string | undefined;
let lastActorSum = 0;

/**
 * CRC-32 of `bytes` that starts from the record's place, so that an intact record under another actor or sequence
 * number is found out as well: for equal bytes, different starts give different sums.
 * @param mark whatever stands before `bytes` and is to be covered too (version, kind)
 */
export function checksum(bytes: Uint8Array, actor: string, seq: number, mark: number): number {
  if (actor !== lastActor) {
    lastActor = actor; // records of one actor are read in a row
    lastActorSum = crc32(actor);
  }
  const place = Math.imul(seq ^ (seq / 0x1_0000_0000), SPREAD_SEQ) ^ Math.imul(mark, SPREAD_MARK);
  return crc32(bytes, (lastActorSum ^ place) >>> 0);
}
