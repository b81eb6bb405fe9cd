import { CorruptRecordError } from '#spi';
import type { PostgresDatabase } from './postgres-database';

/** The entries of one append, as they are stored. */
export interface Frame {
  readonly firstSeq: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

export interface Page {
  readonly frames: readonly Frame[];
  readonly isLast: boolean;
}

const PAGE_BYTES = 512 * 1024;
/** Looked at per page; their bytes are fetched only as far as the page goes. */
const PAGE_FRAMES = 8_192;
/** Of one frame in a page's directory: first seq (8), entries (4), length (4). */
const DIRECTORY_BYTES = 16;

/**
 * Reads journals page by page. The server joins the frames of a page to one value, with a directory before them: ten
 * thousand rows would cost more than what is in them.
 */
export class JournalPages {
  private readonly text: string;

  constructor(private readonly database: PostgresDatabase) {
    const { actor, journal } = database.tables;
    // Begins with the frame that holds the first entry asked for, which may hold earlier ones as well.
    this.text = `WITH who AS (SELECT id FROM ${actor} WHERE name = $1
      ), near AS (
        SELECT first_seq, entries, frame FROM ${journal}
          WHERE actor = (SELECT id FROM who) AND first_seq <= $3 AND first_seq >= coalesce(
            (SELECT max(first_seq) FROM ${journal} WHERE actor = (SELECT id FROM who) AND first_seq <= $2), 0)
          ORDER BY first_seq LIMIT ${PAGE_FRAMES}
      ), sized AS (
        SELECT *, sum(octet_length(frame)) OVER (ORDER BY first_seq) - octet_length(frame) AS before FROM near
      )
      SELECT string_agg(int8send(first_seq) || int4send(entries) || int4send(octet_length(frame)), '' ORDER BY first_seq),
          string_agg(frame, '' ORDER BY first_seq), count(*) = (SELECT count(*) FROM near) AND count(*) < ${PAGE_FRAMES}
        FROM sized WHERE before < ${PAGE_BYTES}`;
  }

  async read(actor: string, afterSeq: number, throughSeq: number): Promise<Page> {
    const values = [actor, afterSeq + 1, throughSeq];
    const [row] = await this.database.query({ name: 'ps-page', text: this.text, values });
    const [directory, bytes, isLast] = row as readonly (string | null)[];
    if (directory == null || bytes == null) return { frames: [], isLast: true };
    return { frames: framesOf(actor, bufferOf(directory), bufferOf(bytes)), isLast: isLast === 't' };
  }
}

/** A copy that nobody shares, so that what is kept of it keeps no more alive than its page. */
function bufferOf(hex: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(hex.length / 2 - 1);
  bytes.write(hex.slice(2), 'hex');
  return bytes;
}

function framesOf(actor: string, directory: Buffer, bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  let at = 0;
  for (let i = 0; i < directory.length; i += DIRECTORY_BYTES) {
    const [firstSeq, count, length] = [
      Number(directory.readBigInt64BE(i)),
      directory.readInt32BE(i + 8),
      directory.readInt32BE(i + 12),
    ];
    frames.push({ firstSeq, count, bytes: bytes.subarray(at, (at += length)) });
  }
  if (at !== bytes.length) throw new CorruptRecordError(actor, 'A page of the journal', 'its frames do not add up');
  return frames;
}
