/** How a {@link SimDisk} misbehaves. Probabilities are per request, 0 … 1. @publicApi */
export interface StorageFaults {
  /**
   * Longest wait, in milliseconds, before a request reaches the store, and again before what it wrote is synced; each is
   * chosen anew. 0: requests are answered at once, and nothing is ever unsynced.
   */
  readonly latencyMs: number;
  /** A change is rejected, and nothing of it is stored. */
  readonly failUnapplied: number;
  /** A change is rejected, and stored: all of a flush, or its first writes. */
  readonly failApplied: number;
  /** A change is stored or not, and nobody ever says which. */
  readonly neverAnswers: number;
  /** The disk fills up: this change and some of those that follow are rejected, nothing of them is stored. */
  readonly outOfSpace: number;
  /** A read is rejected; the next one may succeed. */
  readonly readFails: number;
  /** A bit of the newest checkpoint flips before it is read, where one saved before it was sound. */
  readonly checkpointRots: number;
  /** A claim of a lease, and its answer, each take up to as long as the lease. */
  readonly leaseSlow: number;
}

/** A disk that does what it is told, at once. @publicApi */
export const NO_STORAGE_FAULTS: StorageFaults = Object.freeze({
  latencyMs: 0,
  failUnapplied: 0,
  failApplied: 0,
  neverAnswers: 0,
  outOfSpace: 0,
  readFails: 0,
  checkpointRots: 0,
  leaseSlow: 0,
});
