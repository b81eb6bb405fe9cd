import type { AppendWrite, Outcome } from './journal-storage';

/** What became of an append in a transaction of its own. */
export type TransactOutcome =
  | Outcome
  /** Another transaction stood in its way, and nothing of it is stored: the turn has to be run again. */
  | { readonly kind: 'undone'; readonly error: unknown };

/** A transaction on the application's tables that one append becomes part of. It ends with `commit` or `rollback`, called once. */
export interface TurnTransaction {
  /**
   * Runs `work` in it. Once that has settled, or `rollback` was called, its connection takes nothing more from `work`: a branch
   * that was not awaited gets an error, and never writes outside the transaction.
   */
  run(work: (manager: unknown) => Promise<unknown>): Promise<unknown>;
  /** Writes the append and commits. Anything but `committed` left no trace of either. When it rejects nothing is known (J7). */
  commit(write: AppendWrite): Promise<TransactOutcome>;
  /** Never rejects. When it resolves nothing of the transaction is there, nor will be. */
  rollback(): Promise<void>;
}

/**
 * Turns with a transaction of the application's, for `ctx.transact`.
 *
 * Rules, proven by test/integration/rows/transact.spec.ts:
 *  Z1. What `work` did and the append become durable together or not at all.
 *  Z2. The append is decided as in a flush (J2, J6, J12): the first of several that expect a head commits, others are conflicts.
 *  Z3. Each transaction has a connection of its own; neither flushes nor reads wait for one.
 *  Z4. One that is left open longer than `limitMs` without a statement is ended by the server.
 *  Z5. After `close` of the store `begin` rejects with StoreClosedError.
 */
export interface TurnTransactions {
  begin(limitMs: number): Promise<TurnTransaction>;
  /** Does this error of `work` say that another transaction stood in its way? */
  isTransient(error: unknown): boolean;
}
