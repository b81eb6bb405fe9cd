import { randomFillSync } from 'node:crypto';

const pool = Buffer.alloc(2_048);
let drawn = pool.length;

/**
 * Bytes that nobody can foresee: for nonces. From the operating system and not from an {@link Env}, since a seeded one
 * would give the same ones in the next run, over other records, which breaks the cipher; nothing of a program's course
 * may hang on them. Drawn in bulk, as a draw costs as much as sealing a record. Valid until the next pool is drawn: copy them.
 * @param count up to 2,048
 */
export function secretBytes(count: number): Uint8Array {
  if (drawn + count > pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  return pool.subarray(drawn, (drawn += count));
}
