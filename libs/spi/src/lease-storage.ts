/** Who holds a lease, as the store saw it when it answered. */
export interface LeaseHolder {
  readonly holder: string;
  /** Until it ends, by the store's clock. Count it from the moment the question was sent, on the monotonic clock. */
  readonly leftMs: number;
}

/**
 * Leases judged by the clock of the store, for liveness only: the fence is the head row (P10). A store that only one
 * process can open has none.
 *
 * Rules, proven by `describeLeaseStorage`:
 *  L1. `claim` is one atomic step: of several claims of a lease that is free or has ended, exactly one is granted.
 *  L2. The holder's own claim renews it to `ttlMs` from now; anybody else's changes nothing while it lasts.
 *  L3. Time is the store's at the moment of the step: neither the caller's clock nor the start of a transaction.
 *  L4. `release` ends the lease of that holder, at once, and nobody else's.
 *  L5. It talks over a connection of its own: nothing else that the store does keeps a claim waiting.
 *  L6. After `close` every call rejects with StoreClosedError. `close` is idempotent and releases nothing.
 */
export interface LeaseStorage {
  /** Takes, renews, or only looks. @returns who holds it now: `holder` when it was granted */
  claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder>;
  release(name: string, holder: string): Promise<void>;
  close(): Promise<void>;
}
