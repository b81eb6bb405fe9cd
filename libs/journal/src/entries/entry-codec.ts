import { CorruptRecordError, type EntryRecord, SchemaTooNewError } from '#spi';
import { checksum } from '../codec/checksum';
import type { PayloadCodec } from '../codec/json-codec';
import { packBriefly } from '../codec/payload-codec';
import { refuseSealed } from '../encryption/sealed-record';
import { bodyOf, fieldsOf } from './entry-body';
import { packJson, unpackJson } from './entry-json';
import { COMMON_FIELDS, KINDS, KIND_NUMBERS, isLaidOutAs } from './entry-layout';
import type { EntryBody, EntryHeader, EntryKind, JournalEntry } from './journal-entry';
import { rawCodec } from './raw-codec';

/**
 * [u8 codec version][u8 kind][u32 checksum][body]
 * Body of version 1: a MessagePack array of id, time, correlationId, fields of the kind. Of version 2: the same as a
 * JSON object. Which one is written is a choice, so a journal may hold both. The first six bytes mean the same in every
 * version, so that an older build can tell newer from damaged.
 */
const MSGPACK = 1;
const JSON_TEXT = 2;
const NEWEST = JSON_TEXT;
const HEADER = 6;

/** @returns the entry as a store keeps it. Its checksum holds for this actor and sequence number only. */
export function encodeEntry(
  header: Omit<EntryHeader, 'seq'>,
  body: EntryBody,
  seq: number,
  codec: PayloadCodec = 'msgpack',
): EntryRecord {
  const fields = [header.id, header.time, header.correlationId, ...fieldsOf(body)];
  const kind = KIND_NUMBERS[body.kind];
  const isText = codec === 'json';
  const bytes = isText ? withHeader(packJson(body.kind, fields)) : packBriefly(rawCodec, fields, HEADER);
  bytes[0] = isText ? JSON_TEXT : MSGPACK;
  bytes[1] = kind;
  bytes.writeUInt32LE(checksum(bytes.subarray(HEADER), header.actor, seq, markOf(bytes)), 2);
  return { seq, bytes };
}

function withHeader(body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + body.length);
  bytes.set(body, HEADER);
  return bytes;
}

/** @throws CorruptRecordError, or SchemaTooNewError when a newer version of this package wrote the record. */
export function decodeEntry(actor: string, record: EntryRecord): JournalEntry {
  return decodeVerified(actor, record, verifyEntry(actor, record));
}

/** The second half of {@link decodeEntry}, for who has the kind from {@link verifyEntry} already. */
export function decodeVerified<K extends EntryKind>(
  actor: string,
  record: EntryRecord,
  kind: K,
): Extract<JournalEntry, { kind: K }> {
  const fields = readFields(actor, record, kind);
  const [id, time, correlationId] = fields as [string, number, string];
  const header = { actor, seq: record.seq, id, time, correlationId };
  return Object.assign(header, bodyOf(kind, fields.slice(COMMON_FIELDS))) as Extract<JournalEntry, { kind: K }>;
}

/** What the first or last record of a turn says about it. */
export interface TurnMark {
  readonly messageId: string;
  readonly failed: boolean;
}

/** Reads the mark and builds nothing else. The record has been verified. */
export function readTurnMark(
  actor: string,
  record: EntryRecord,
  kind: 'MessageReceived' | 'MessageProcessed' | 'MessageParked',
): TurnMark {
  const fields = readFields(actor, record, kind);
  const messageId = fields[COMMON_FIELDS] as string;
  return {
    messageId,
    failed: kind === 'MessageParked' || (kind === 'MessageProcessed' && fields.at(-1) !== null),
  };
}

/** Checks checksum and version, and decodes nothing. Throws as {@link decodeEntry}. */
export function verifyEntry(actor: string, { seq, bytes }: EntryRecord): EntryKind {
  if (bytes.length <= HEADER) throw corrupt(actor, seq, `it has ${bytes.length} bytes`);
  if (sumOf(bytes) !== checksum(bodyBytes(bytes), actor, seq, markOf(bytes))) {
    refuseSealed({ what: 'Entry', actor, at: seq }, bytes);
    throw corrupt(actor, seq, 'its checksum does not match its bytes and its place');
  }
  const [version, number] = bytes as unknown as [number, number];
  if (version > NEWEST) throw new SchemaTooNewError(`Entry ${seq} of ${actor}`, version, NEWEST);
  const kind = KINDS[number];
  if (version < MSGPACK || kind === undefined)
    throw corrupt(actor, seq, `version ${version} has no entry kind ${number}`);
  return kind;
}

/** The kind that the record says it is of, unchecked; `undefined` for a kind this build does not know. */
export function entryKind({ bytes }: EntryRecord): EntryKind | undefined {
  return KINDS[bytes[1] as number];
}

function readFields(actor: string, { seq, bytes }: EntryRecord, kind: EntryKind): readonly unknown[] {
  let fields: unknown;
  try {
    fields = bytes[0] === JSON_TEXT ? unpackJson(kind, bodyBytes(bytes)) : rawCodec.unpack(bodyBytes(bytes));
  } catch (error) {
    throw corrupt(actor, seq, bytes[0] === JSON_TEXT ? 'its JSON is no entry' : 'it is not MessagePack', error);
  }
  if (!Array.isArray(fields) || !isLaidOutAs(kind, fields)) {
    throw corrupt(actor, seq, `it is not laid out as ${kind}`);
  }
  return fields as readonly unknown[];
}

function corrupt(actor: string, seq: number, reason: string, cause?: unknown): CorruptRecordError {
  return new CorruptRecordError(actor, `Entry ${seq}`, reason, cause === undefined ? undefined : { cause });
}

function markOf(bytes: Uint8Array): number {
  return (bytes[0] as number) * 0x100 + (bytes[1] as number);
}

function sumOf(bytes: Uint8Array): number {
  const [, , a, b, c, d] = bytes as unknown as readonly [number, number, number, number, number, number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

/** A fresh view: msgpackr leaves a property on what it reads. */
function bodyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + HEADER, bytes.length - HEADER);
}
