import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { CorruptRecordError, type InboxChange, type InboxRow, type InboxState } from '#spi';
import type { Packet } from './packet';

/** What an inbox row holds beside its states: `[length, 32][crc, 32][has payload, 8][hash length, 16][hash][payload]`. */
const HEADER = 11;
const STATES: readonly InboxState[] = ['queued', 'open', 'done', 'parked'];

/** How a message ended. */
export type EndedChange = Extract<InboxChange, { readonly answer: Uint8Array }>;

interface Blob {
  readonly argsHash: string;
  readonly payload: Uint8Array | null;
  readonly length: number;
}

export function packBlob(argsHash: string, payload: Uint8Array | null): Buffer {
  const blob = Buffer.allocUnsafe(lengthOf(argsHash, payload));
  fill(blob, argsHash, payload);
  return blob;
}

export function putBlob(packet: Packet, argsHash: string, payload: Uint8Array | null): void {
  fill(packet.putFilled(lengthOf(argsHash, payload)), argsHash, payload);
}

/** A row that is made when its message is done, whole: as no position is kept for it, nothing of it is left for the server to say. */
export function putDoneRow(packet: Packet, actor: string, { id, argsHash, answer, expiresAt }: EndedChange): void {
  const meta = `2 0 - ${expiresAt ?? '-'} 0`;
  const line = `${sumOf(actor, id, meta)} ${meta}\n`;
  const row = packet.putFilled(line.length + lengthOf(argsHash, answer));
  fill(row.subarray(row.write(line, 'latin1')), argsHash, answer);
}

function sumOf(actor: string, id: string, meta: string): string {
  return hash('sha1', `${actor}\0${id}${meta}`).slice(0, 8);
}

function lengthOf(argsHash: string, payload: Uint8Array | null): number {
  return HEADER + Buffer.byteLength(argsHash) + (payload?.length ?? 0);
}

function fill(blob: Buffer, argsHash: string, payload: Uint8Array | null): void {
  const hash = blob.write(argsHash, HEADER);
  blob.writeUInt32BE(blob.length, 0);
  blob[8] = payload === null ? 0 : 1;
  blob.writeUInt16BE(hash, 9);
  if (payload !== null) blob.set(payload, HEADER + hash);
  blob.writeUInt32BE(crc32(blob.subarray(8)), 4);
}

/** @returns `null` when it is damaged. Its payload is a copy: a view would keep a whole reply alive. */
export function unpackBlob(bytes: Buffer, at: number): Blob | null {
  if (at + HEADER > bytes.length) return null;
  const length = bytes.readUInt32BE(at);
  if (length < HEADER || at + length > bytes.length) return null;
  const blob = bytes.subarray(at, at + length);
  if (crc32(blob.subarray(8)) !== blob.readUInt32BE(4)) return null;
  const end = HEADER + blob.readUInt16BE(9);
  return {
    argsHash: blob.toString('utf8', HEADER, end),
    payload: blob[8] === 1 ? new Uint8Array(blob.subarray(end)) : null,
    length,
  };
}

/** @throws CorruptRecordError */
export function unpackRow(actor: string, id: string, value: Buffer): InboxRow {
  const row = tryUnpackRow(actor, id, value);
  if (row === null)
    throw corruptRow(actor, id, value.length === 0 ? 'it is listed, but not there' : 'its checksum is wrong');
  return row;
}

export function corruptRow(actor: string, id: string, reason: string): CorruptRecordError {
  return new CorruptRecordError(actor, `The inbox row of message ${id}`, reason);
}

function tryUnpackRow(actor: string, id: string, value: Buffer): InboxRow | null {
  const line = value.indexOf(10);
  if (line < 10) return null;
  const meta = value.toString('latin1', 9, line);
  if (value.toString('latin1', 0, 8) !== sumOf(actor, id, meta) || value[8] !== 32) return null;
  const [state, attempts, due, expires] = meta.split(' ') as [string, string, string, string, string];
  const blob = unpackBlob(value, line + 1);
  if (blob === null) return null;
  const isEnded = state === '2' || state === '3';
  const end = line + 1 + blob.length;
  const before = isEnded && end < value.length ? unpackBlob(value, end) : undefined;
  if (before === null || (before === undefined ? end : end + before.length) !== value.length) return null;
  return {
    actor,
    id,
    argsHash: blob.argsHash,
    state: STATES[Number(state)] as InboxState,
    message: isEnded ? (before?.payload ?? null) : blob.payload,
    attempts: Number(attempts),
    dueAt: due === '-' ? null : Number(due),
    answer: isEnded ? blob.payload : null,
    expiresAt: expires === '-' ? null : Number(expires),
  };
}
