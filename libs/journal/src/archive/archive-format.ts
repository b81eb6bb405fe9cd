import { createHash } from 'node:crypto';
import type { EntryRecord, HeadRow, InboxRow } from '#spi';

/**
 * An archive is text, one line per part: JSON, a tab, and a checksum over the line and the checksum before it, so that a line
 * that was changed, moved, added or lost is found where it is. It is written from front to back and read so.
 *
 *     {"archive":"plexspaces","version":1,"time":…,"store":"sqlite"}      first line
 *     {"actor":id,"scope":"whole","head":[…]}                             entries rise, then checkpoints and messages
 *     {"actor":id,"scope":"range","head":[…],"through":seq}               entries before a checkpoint, the last block first
 *     {"entries":[first seq,[base64 …]]}   {"checkpoint":[seq,time,base64]}   {"rows":[…]}
 *     {"end":{"actors":n,"entries":n}}                                    last line
 */
export const ARCHIVE_VERSION = 1;

export interface ArchiveStart {
  readonly archive: 'plexspaces';
  readonly version: number;
  readonly time: number;
  readonly store: string;
}
export interface ActorPart {
  readonly actor: string;
  readonly scope: 'whole' | 'range';
  readonly head: HeadRow;
  /** Of a range: the last entry it holds. */
  readonly through: number;
}
export interface ArchiveEnd {
  readonly actors: number;
  readonly entries: number;
}
export type ArchivePart =
  | { readonly kind: 'start'; readonly start: ArchiveStart }
  | { readonly kind: 'actor'; readonly actor: ActorPart }
  | { readonly kind: 'entries'; readonly entries: readonly EntryRecord[] }
  | { readonly kind: 'checkpoint'; readonly seq: number; readonly time: number; readonly bytes: Uint8Array }
  | { readonly kind: 'rows'; readonly rows: readonly InboxRow[] }
  | { readonly kind: 'end'; readonly end: ArchiveEnd };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

/** The checksum of a line after one with checksum `before`. */
export function sumAfter(before: string, json: string): string {
  return createHash('sha256').update(before).update(json).digest('hex').slice(0, 16);
}

export function jsonOf(part: ArchivePart): string {
  switch (part.kind) {
    case 'start':
      return JSON.stringify(part.start);
    case 'actor':
      return JSON.stringify(part.actor);
    case 'entries':
      return JSON.stringify({ entries: [part.entries[0]?.seq, part.entries.map(({ bytes }) => base64(bytes))] });
    case 'checkpoint':
      return JSON.stringify({ checkpoint: [part.seq, part.time, base64(part.bytes)] });
    case 'rows':
      return JSON.stringify({ rows: part.rows.map(writeRow) });
    case 'end':
      return JSON.stringify({ end: part.end });
  }
}

/** What a line holds whose checksum is right; `null` for nothing this version knows. */
export function partOf(json: string): ArchivePart | null {
  const line = JSON.parse(json) as Record<string, never>;
  if ('archive' in line) return { kind: 'start', start: line as unknown as ArchiveStart };
  if ('actor' in line) return { kind: 'actor', actor: line as unknown as ActorPart };
  if ('end' in line) return { kind: 'end', end: line['end'] as unknown as ArchiveEnd };
  if ('rows' in line) return { kind: 'rows', rows: (line['rows'] as unknown as WrittenRow[]).map(readRow) };
  if ('entries' in line) {
    const [first, texts] = line['entries'] as unknown as [number, string[]];
    return { kind: 'entries', entries: texts.map((text, i) => ({ seq: first + i, bytes: bytesOf(text) })) };
  }
  if (!('checkpoint' in line)) return null;
  const [seq, time, text] = line['checkpoint'] as unknown as [number, number, string];
  return { kind: 'checkpoint', seq, time, bytes: bytesOf(text) };
}

type WrittenRow = Omit<InboxRow, 'message' | 'answer'> & {
  readonly message: string | null;
  readonly answer: string | null;
};

function writeRow(row: InboxRow): WrittenRow {
  return { ...row, message: row.message && base64(row.message), answer: row.answer && base64(row.answer) };
}

function readRow(row: WrittenRow): InboxRow {
  const bytes = (text: string | null): Uint8Array | null => (text === null ? null : bytesOf(text));
  return { ...row, message: bytes(row.message), answer: bytes(row.answer) };
}
