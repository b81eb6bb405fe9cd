import { crc32 } from 'node:zlib';
import { CorruptRecordError, type EntryRecord } from '#spi';

/** `[crc, 32][seq, 32][bytes]`: an entry that lies at another place of its list than it was put at is noticed. */
const HEADER = 8;

export function packEntry({ seq, bytes }: EntryRecord): Buffer {
  const packed = Buffer.allocUnsafe(HEADER + bytes.length);
  packed.writeUInt32BE(seq, 4);
  packed.set(bytes, HEADER);
  packed.writeUInt32BE(crc32(packed.subarray(4)), 0);
  return packed;
}

/** The bytes are a view of `packed`. @throws CorruptRecordError */
export function unpackEntry(actor: string, seq: number, packed: Buffer): EntryRecord {
  if (packed.length < HEADER || crc32(packed.subarray(4)) !== packed.readUInt32BE(0))
    throw corrupt(actor, seq, 'its checksum is wrong');
  const found = packed.readUInt32BE(4);
  if (found !== seq) throw corrupt(actor, seq, `entry ${found} lies in its place`);
  return { seq, bytes: new Uint8Array(packed.buffer, packed.byteOffset + HEADER, packed.length - HEADER) };
}

function corrupt(actor: string, seq: number, reason: string): CorruptRecordError {
  return new CorruptRecordError(actor, `Journal entry ${seq}`, reason);
}
