import type { InboxRow, NewInboxRow } from './inbox-storage';
import type { ActorStatus } from './journal-storage';

/** A message that is to be accepted by a transaction of the application. */
export interface CallerRow {
  readonly row: NewInboxRow;
  /** The receiver has to be there already, as this transaction sees it: it does not come into being by a message. */
  readonly mustExist: boolean;
  /** Called after the commit. Only a hint that there is something to do: what a savepoint took back is reported as well. */
  committed(): void;
}

/** What became of a row, for as long as the transaction lasts. Anything but `accepted` wrote nothing. */
export type CallerOutcome =
  | { readonly kind: 'accepted' }
  /** The message id is known: here is its row. */
  | { readonly kind: 'duplicate'; readonly row: InboxRow }
  /** There is no such receiver. */
  | { readonly kind: 'missing'; readonly status: Exclude<ActorStatus, 'live'> }
  /** This row cannot be stored. */
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Messages accepted by the application's own transactions, in the database of the journal.
 *
 * Rules, proven by `describeJournalStorage`, and in an application by test/integration/rows:
 *  X1. The row is written by the transaction's own connection: it is accepted exactly if that transaction commits. Nothing
 *      else the store does is waited for, so that a transaction which locks the database does not wait for itself.
 *  X2. Only an open transaction of this database will do. Anything else is an InvalidTransactionError, and nothing was written.
 *  X3. An id that is known, by this transaction too, is a `duplicate` with its row. The receiver is looked up first.
 *  X4. The row is what `flush` would have written for it, and `pending` lists rows of one transaction in the order of the calls.
 *  X5. `committed` is called once per accepted row, after the outermost commit, in the order of the calls; after a rollback never.
 *  X6. A rollback leaves nothing behind, in the database or in the memory of the store.
 *  X7. After `close` every call rejects with StoreClosedError.
 */
export interface CallerTransactions {
  /**
   * @param transaction in the words of the application's own library
   * @throws InvalidTransactionError, StoreClosedError, UnsafeStorageError; errors of the application's connection as they are
   */
  accept(transaction: unknown, message: CallerRow): Promise<CallerOutcome>;
}
