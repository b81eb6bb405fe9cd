import type { PlexSpacesError } from './errors';
import type { InboxChange, InboxRow, NewInboxRow } from './inbox-storage';
import type { RowRefusal, RowStatement } from './row-statement';

/** The end of a journal, and whose it is. */
export interface Head {
  /** Sequence number of the last entry; 0 before the first. */
  readonly seq: number;
  /** Raised by each activation's first append; 0 before the first. */
  readonly epoch: number;
}

/** `absent`: it does not exist (yet). `terminated`: stopped for good; the row stays (J3). */
export type ActorStatus = 'absent' | 'live' | 'terminated';

/** The one row per actor that decides races, and outlives truncation and deletion. */
export interface HeadRow extends Head {
  /** Incarnation that made the last append; tells a writer whether an unknown commit was its own. */
  readonly writer: string;
  /** Schema version of the state the last writer knew. */
  readonly schema: number;
  readonly status: ActorStatus;
}

/** One journal entry as a store sees it: its place, and bytes that only the codec reads. */
export interface EntryRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
}

/** Everything of one turn, or of one step inside a turn, that becomes durable together (P3). */
export interface AppendWrite {
  readonly kind: 'append';
  /** Encoded actor id. */
  readonly actor: string;
  readonly expected: Head;
  /** Epoch after this append: `expected.epoch`, or one more in an activation's first. */
  readonly epoch: number;
  readonly writer: string;
  /** It stands on an append of its own, which may still be in flight: the head row must be of this `writer` too. Default: false. */
  readonly continues?: boolean;
  readonly schema: number;
  /** `absent`: its creation has records, but has not ended well. */
  readonly status: ActorStatus;
  /** Dense from `expected.seq + 1`; may be empty (an attempt is counted without an entry). */
  readonly entries: readonly EntryRecord[];
  /** Changes to this actor's own inbox rows. */
  readonly inbox: readonly InboxChange[];
  /** Messages this turn sends: each becomes a queued row of its receiver, unless that id is known there. */
  readonly sends: readonly NewInboxRow[];
  /** Statements on the user's own tables, run in this order after everything above; never empty (J12). */
  readonly rows?: readonly RowStatement[];
}

/** A message accepted outside any turn: one queued inbox row. */
export interface AcceptWrite {
  readonly kind: 'accept';
  readonly row: NewInboxRow;
}

export type Write = AppendWrite | AcceptWrite;

/** What became of one write of a flush. Anything but `committed` and `accepted` left no trace. */
export type Outcome =
  | { readonly kind: 'committed'; readonly head: Head }
  | { readonly kind: 'accepted' }
  /** The message id is known: here is its row. */
  | { readonly kind: 'duplicate'; readonly row: InboxRow }
  /** The head row is not where the writer expected it. */
  | { readonly kind: 'conflict'; readonly actual: Head }
  /** The rows of this append cannot be written as they are: its turn is at fault, not the store. */
  | { readonly kind: 'rejected'; readonly refusal: RowRefusal }
  /** This write alone cannot be stored. `error`: what its sender is to be told instead of a StoreFailedError. */
  | { readonly kind: 'failed'; readonly reason: string; readonly error?: PlexSpacesError };

export interface StorageCapabilities {
  /** Data outlives the process. */
  readonly persistent: boolean;
  /** Several processes may write; answers of read-only handlers need the head confirmed. */
  readonly shared: boolean;
  /** Appends may carry `rows`: the user's tables lie in the same database. */
  readonly rows: boolean;
  /**
   * Replicas of the server follow it without being waited for: one that takes over may lack what was acknowledged last.
   * Absent where there is no such fail-over, or none that loses anything.
   */
  readonly failover?: 'mayLoseAcknowledged';
  /** Messages may be accepted by the application's own transactions: `Storage.callerTransactions`. Default: false. */
  readonly callerTransactions?: boolean;
  /** A turn may end in a transaction of the application's: `Storage.transactions`. Default: false. */
  readonly transact?: boolean;
}

/**
 * One log per actor, and everything that becomes durable with it.
 *
 * Rules every implementation keeps, proven by `describeJournalStorage`:
 *  J1. A write is all or nothing: entries, head row, inbox changes, sends.
 *  J2. An append compares `(seq, epoch)` with the head row and sets it in the same transaction or script as
 *      its rows. Of several that expect the same head exactly one commits; the others are conflicts. One that
 *      `continues` compares the writer too: what it stands on may have been refused, and another's head be alike.
 *  J3. `seq` never repeats; the head row outlives truncation. Entries are dense from 1.
 *  J4. `read` yields rising `seq`, all of an append or nothing of it, and never what is not acknowledged or
 *      about to be.
 *  J5. Writes of one flush are applied in order, each with an outcome of its own: a refused one does not
 *      disturb its neighbours, a later one sees the earlier.
 *  J6. A message id is accepted once per actor: a second `accept`, or a turn that ends an ended message, is a
 *      `duplicate` with the recorded row. A known id among `sends` is skipped silently. A stale append is a
 *      `conflict`, whatever its messages are (J2 first); a change to a message without a row is `failed`.
 *  J7. When `flush` rejects, nothing is known about its writes: read the head rows back (P10). After StoreBusyError
 *      it is known: nothing of them is stored.
 *  J8. When `flush` resolves, committed writes are durable to the store's promise.
 *  J9. Bytes and ids come back exactly as they went in. Buffers are the caller's again when `flush` has returned its
 *      promise. An id that is not valid Unicode without NUL is `failed`: stores would keep two such ids as one.
 *  J10. After `close` every call, those of the inbox included, rejects with StoreClosedError. `close` is idempotent.
 *  J11. `actors` lists those that have appended, in the order of UTF-8 bytes.
 *  J12. Where `capabilities.rows`, the statements in `rows` are part of their append (J1, J5), run in their order, and
 *      only where J2 and J6 let the append pass. One that breaks a constraint, at once or deferred, cannot be run, or
 *      touches another number of rows than it expects makes the append `rejected`. Elsewhere an append with `rows` is
 *      `failed`: they are never left out.
 *  J13. `purge` takes only terminated actors. Of one that is, entries and ended inbox rows (done, parked) go in one step; the
 *      head row stays, so that a stale append is a conflict and the id is never used again. It may be repeated.
 *  J14. `restore` puts entries where there are none, in one step or not at all: below the first that is kept, without a gap
 *      (`head: null`), or as the end of an actor that has no head row yet.
 *  J15. What a process wrote that died before it was told so is durable before another one reads any of it: opening the
 *      store sees to that. What was shown could be lost otherwise, should the power fail as well.
 */
export interface JournalStorage {
  readonly name: string;
  readonly capabilities: StorageCapabilities;
  flush(writes: readonly Write[]): Promise<readonly Outcome[]>;
  /** The head row; `{ seq: 0, epoch: 0, writer: '', schema: 0, status: 'absent' }` for an unknown actor. */
  head(actor: string): Promise<HeadRow>;
  /** Entries with `afterSeq < seq <= throughSeq`, in pages the store bounds by bytes. */
  read(actor: string, afterSeq: number, throughSeq?: number): AsyncIterable<readonly EntryRecord[]>;
  /** Forgets entries up to and including `throughSeq`; a checkpoint must cover them. The head row stays. */
  truncate(actor: string, throughSeq: number): Promise<void>;
  /** Forgets terminated actors but for their head rows (J13). @returns for each, whether it is terminated; others are left alone */
  purge(actors: readonly string[]): Promise<readonly boolean[]>;
  /** Archived entries, dense, back into the journal (J14); `head` becomes the head row. @returns whether they fit there */
  restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean>;
  /** Encoded ids of known actors in lexical order, after `after`. For tools and the start-up of eager actors. */
  actors(prefix: string, after: string, limit: number): Promise<readonly string[]>;
  close(): Promise<void>;
}
