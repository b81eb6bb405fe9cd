import { CorruptRecordError, compress, decompress } from '#spi';

/**
 * One stored value with what is needed to know that it is whole:
 * ["PSF1"][flags][number, 64 bits][CRC-32 of all but these four bytes][length of id, 16 bits][id][bytes]
 *
 * Whether the bytes are compressed is written in each file, so files stay readable when the option changes.
 */
export type Compression = 'none' | 'zstd';

export interface StoredFile {
  readonly id: string;
  /** The time of a checkpoint. */
  readonly number: number;
  readonly bytes: Uint8Array;
}

const MAGIC = 0x50534631;
const COMPRESSED = 1;
const HEADER_BYTES = 4 + 1 + 8 + 4 + 2;
const CHECKSUM_AT = 13;
/** A checkpoint larger than this is a mistake, or somebody else's file. */
const MAX_BYTES = 1024 * 1024 * 1024;

export async function encodeFile({ id, number, bytes }: StoredFile, compression: Compression): Promise<Uint8Array> {
  const packed = compression === 'zstd' ? await compress(bytes) : bytes;
  const name = Buffer.from(id);
  const file = Buffer.alloc(HEADER_BYTES + name.length + packed.length);
  file.writeUInt32BE(MAGIC, 0);
  file.writeUInt8(compression === 'zstd' ? COMPRESSED : 0, 4);
  file.writeDoubleBE(number, 5);
  file.writeUInt16BE(name.length, CHECKSUM_AT + 4);
  file.set(name, HEADER_BYTES);
  file.set(packed, HEADER_BYTES + name.length);
  file.writeUInt32BE(checksum(file), CHECKSUM_AT);
  return file;
}

/** @throws CorruptRecordError when it is not what was written for `id`. */
export async function decodeFile(id: string, what: string, content: Uint8Array): Promise<StoredFile> {
  const file = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const fail = (reason: string, cause?: unknown): never => {
    throw new CorruptRecordError(id, what, reason, { cause });
  };
  if (file.length < HEADER_BYTES) fail(`it has ${file.length} bytes, fewer than a header`);
  if (file.readUInt32BE(0) !== MAGIC) fail('it does not begin as such a file does');
  if (file.readUInt32BE(CHECKSUM_AT) !== checksum(file)) fail('its checksum does not match');
  const start = HEADER_BYTES + file.readUInt16BE(CHECKSUM_AT + 4);
  const owner = file.toString('utf8', HEADER_BYTES, start);
  if (owner !== id) fail(`it belongs to ${owner}`);
  const packed = file.subarray(start);
  const bytes =
    (file.readUInt8(4) & COMPRESSED) === 0
      ? new Uint8Array(packed)
      : await decompress(packed, MAX_BYTES).catch((error: unknown) => fail('it cannot be decompressed', error));
  return { id, number: file.readDoubleBE(5), bytes };
}

function checksum(file: Buffer): number {
  return crc32(file.subarray(CHECKSUM_AT + 4), crc32(file.subarray(0, CHECKSUM_AT)));
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** `node:zlib` has it from 20.15 and 22.2 on only. */
function crc32(bytes: Uint8Array, seed = 0): number {
  let crc = ~seed;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return ~crc >>> 0;
}
