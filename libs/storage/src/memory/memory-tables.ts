import type { CheckpointRecord, EntryRecord, HeadRow, InboxRow } from '#spi';
import { ExpiryQueue } from './expiry-queue';

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** All there is of one actor. */
export interface MemoryActor {
  head: HeadRow;
  /** `entries[0]` has sequence number `firstSeq`. Their bytes are the store's own copies. */
  entries: EntryRecord[];
  firstSeq: number;
  /** Every row, in the order of acceptance. */
  readonly inbox: Map<string, Mutable<InboxRow>>;
  /** Those queued or open, in the same order. */
  readonly live: Map<string, Mutable<InboxRow>>;
}

/**
 * The data behind any number of memory stores, which see it as processes see one database.
 *
 * Invariants
 *   T1  `waiting` holds exactly the actors whose `live` is not empty.
 *   T2  `live` holds exactly the rows that are queued or open: they alone have a `dueAt`.
 *   T3  An ended row with an `expiresAt` is in `expiring` once; one that was purged or revived stays there until it is taken.
 *   T4  `parked` holds how many parked rows each actor has, where there are any.
 */
export class MemoryTables {
  readonly actors = new Map<string, MemoryActor>();
  readonly waiting = new Map<string, MemoryActor>();
  readonly expiring = new ExpiryQueue<Mutable<InboxRow>>();
  readonly parked = new Map<string, number>();
  /** Per actor, rising by `seq`. */
  readonly checkpoints = new Map<string, CheckpointRecord[]>();

  actor(id: string): MemoryActor {
    let actor = this.actors.get(id);
    if (actor === undefined) {
      actor = { head: NO_HEAD, entries: [], firstSeq: 1, inbox: new Map(), live: new Map() };
      this.actors.set(id, actor);
    }
    return actor;
  }

  /** An ended row goes. */
  forget(row: InboxRow): void {
    this.actor(row.actor).inbox.delete(row.id);
    if (row.state === 'parked') this.parkedMore(row.actor, -1);
  }

  /** T4. */
  parkedMore(actor: string, more: 1 | -1): void {
    const count = (this.parked.get(actor) ?? 0) + more;
    if (count === 0) this.parked.delete(actor);
    else this.parked.set(actor, count);
  }
}

/** The order of UTF-8 bytes, in which every store lists ids; `<` compares UTF-16 units and differs beyond U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export const NO_HEAD: HeadRow = Object.freeze({ seq: 0, epoch: 0, writer: '', schema: 0, status: 'absent' });

/** A copy nobody else holds (`Buffer.prototype.slice` would share memory). */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

export function copyOfRow(row: InboxRow): InboxRow {
  const { message, answer } = row;
  return { ...row, message: message && copyOf(message), answer: answer && copyOf(answer) };
}

/** One allocation for all entries of an append. */
export function copyOfEntries(entries: readonly EntryRecord[]): EntryRecord[] {
  let size = 0;
  for (const { bytes } of entries) size += bytes.length;
  const block = new Uint8Array(size);
  let at = 0;
  return entries.map(({ seq, bytes }) => {
    const end = at + bytes.length;
    block.set(bytes, at);
    const own = block.subarray(at, end);
    at = end;
    return { seq, bytes: own };
  });
}
