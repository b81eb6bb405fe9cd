import { crc32 } from 'node:zlib';
import { CorruptRecordError, type EntryRecord } from '#spi';
import type { Packet } from './packet';

/** `[crc, 32][seq, 32][bytes]`: an entry that lies at another place of its list than it was put at is noticed. */
const HEADER = 8;

export function packEntry(entry: EntryRecord): Buffer {
  const packed = Buffer.allocUnsafe(HEADER + entry.bytes.length);
  fill(packed, entry);
  return packed;
}

export function putEntry(packet: Packet, entry: EntryRecord): void {
  fill(packet.putFilled(HEADER + entry.bytes.length), entry);
}

/** The bytes are a view of `packed`. @throws CorruptRecordError */
export function unpackEntry(actor: string, seq: number, packed: Buffer): EntryRecord {
  if (packed.length < HEADER || crc32(packed.subarray(4)) !== packed.readUInt32BE(0))
    throw corrupt(actor, seq, 'its checksum is wrong');
  const found = packed.readUInt32BE(4);
  if (found !== seq) throw corrupt(actor, seq, `entry ${found} lies in its place`);
  return { seq, bytes: new Uint8Array(packed.buffer, packed.byteOffset + HEADER, packed.length - HEADER) };
}

function fill(packed: Buffer, { seq, bytes }: EntryRecord): void {
  packed.writeUInt32BE(seq, 4);
  packed.set(bytes, HEADER);
  packed.writeUInt32BE(crc32(packed.subarray(4)), 0);
}

function corrupt(actor: string, seq: number, reason: string): CorruptRecordError {
  return new CorruptRecordError(actor, `Journal entry ${seq}`, reason);
}
