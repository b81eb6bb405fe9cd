import { crc32 } from 'node:zlib';
import { CorruptRecordError, type InboxRow } from '#spi';
import { refuseSealed } from '../encryption/sealed-record';

/** Which row of the inbox bytes belong to; the hash of the arguments is covered with them. */
export type RowIdentity = Pick<InboxRow, 'actor' | 'id' | 'argsHash'>;

export type RowColumn = 'Message' | 'Answer of message';

/**
 * [0xc1][u8 version = 1][u32 checksum][content]. The checksum covers column, actor, message id and hash of arguments as
 * well. 0xc1 is a byte that MessagePack never begins with: rows written before there were checksums are told by it.
 */
const MARK = 0xc1;
const VERSION = 1;
const HEADER = 6;
/** What rows without a checksum began with: the envelope, an array of eight; the kind of an answer. */
const UNCHECKED: Readonly<Record<RowColumn, readonly number[]>> = { Message: [0x98], 'Answer of message': [0, 1] };

/** `content` as the inbox keeps it. */
export function withChecksum(column: RowColumn, row: RowIdentity, content: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEADER + content.length);
  bytes[0] = MARK;
  bytes[1] = VERSION;
  bytes.writeUInt32LE(sumOf(column, row, content), 2);
  bytes.set(content, HEADER);
  return bytes;
}

/** Inverse of {@link withChecksum}. @throws CorruptRecordError; EncryptionKeyMissingError for sealed bytes */
export function checkedContent(column: RowColumn, row: RowIdentity, bytes: Uint8Array): Uint8Array {
  const [mark, version] = bytes as unknown as [number | undefined, number | undefined];
  if (mark === MARK && version === VERSION && bytes.length > HEADER) {
    const content = bytes.subarray(HEADER);
    const stored = Buffer.from(bytes.buffer, bytes.byteOffset, HEADER).readUInt32LE(2);
    if (stored === sumOf(column, row, content)) return content;
  } else if (mark !== undefined && UNCHECKED[column].includes(mark)) return bytes;
  refuseSealed({ what: column, actor: row.actor, at: row.id }, bytes);
  throw new CorruptRecordError(row.actor, `${column} ${row.id}`, 'its checksum does not match its bytes and its place');
}

function sumOf(column: RowColumn, { actor, id, argsHash }: RowIdentity, content: Uint8Array): number {
  return crc32(content, crc32(`${column}\n${actor}\n${id}\n${argsHash}`));
}
