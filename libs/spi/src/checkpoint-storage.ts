/** A stored checkpoint: state at a turn boundary. `bytes` carry their own checksum and compression mark. */
export interface CheckpointRecord {
  readonly actor: string;
  /** Last journal entry it covers. */
  readonly seq: number;
  /** When it was taken, wall clock. Informational. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

/**
 * Checkpoints of actors, beside the journal or in a store of their own.
 *
 * Rules, proven by `describeCheckpointStorage`:
 *  C1. `save` is atomic: after a crash the checkpoint is there whole or not at all.
 *  C2. `list` and `latest` order by `seq`: an older one saved later is never the latest.
 *  C3. `save` keeps the newest `keep` checkpoints and never fewer than are there to keep.
 *  C4. Absent is `null`; unreadable is an error.
 *  C5. After `close` every call rejects with StoreClosedError. `close` is idempotent.
 *  C6. `purge` forgets all checkpoints of an actor and of no other; it may be repeated, also after a crash in its midst.
 */
export interface CheckpointStorage {
  readonly name: string;
  save(record: CheckpointRecord, keep: number): Promise<void>;
  /** The newest with `seq <= throughSeq`, or `null`. */
  latest(actor: string, throughSeq?: number): Promise<CheckpointRecord | null>;
  /** Sequence numbers held, newest first. */
  list(actor: string): Promise<readonly number[]>;
  purge(actor: string): Promise<void>;
  close(): Promise<void>;
}
