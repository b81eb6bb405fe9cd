import { PlexSpacesError, type RowOperation, type RowViolation } from '#spi';
import { TerminalError } from './turn-errors';

/** `ctx.rows` where no commit could hold them. Nothing was queued. @publicApi */
export class RowsNotSupportedError extends PlexSpacesError {
  readonly code = 'PS_ROWS_NOT_SUPPORTED';
  constructor(
    readonly actor: string,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`${actor} cannot write rows with its turn: ${reason}. ${remedy}`);
  }
}

/** A transaction where the store, or the receiver, can take part in none. Nothing was written. @publicApi */
export class TransactionNotSupportedError extends PlexSpacesError {
  readonly code = 'PS_TRANSACTION_NOT_SUPPORTED';
  constructor(
    readonly actor: string,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`${actor} cannot take part in a transaction of yours: ${reason}. ${remedy}`);
  }
}

/** `ctx.transact` is the last act of a turn, and this would have been another. The turn was undone, its transaction too. @publicApi */
export class TransactLastError extends PlexSpacesError {
  readonly code = 'PS_TRANSACT_LAST';
  constructor(
    readonly actor: string,
    readonly method: string,
    /** What was called inside it or after it, or had not ended before it. */
    readonly act: string,
  ) {
    super(
      `${method} of ${actor} went on with ${act} beside ctx.transact, which is the last act of a turn. Await it before, or make it a message of its own.`,
    );
  }
}

/** What was wrong with the rows of a turn. @publicApi */
export interface RowsRejection {
  /** Name of the entity; `null` when the database cannot say which statement it was (a deferred constraint). */
  readonly entity: string | null;
  readonly operation: RowOperation | null;
  readonly violation: RowViolation;
  /** Rows it had to touch, and how many it did; `null` unless that was what was wrong. */
  readonly expected: number | null;
  readonly touched: number | null;
  /** In the words of the database. */
  readonly reason: string;
}

/**
 * The database did not take what a turn had queued with `ctx.rows`: a constraint was broken, or the count that a
 * statement has to touch was missed. It is the recorded answer of the message; nothing else of the turn was kept.
 * @publicApi
 */
export class RowsRejectedError extends TerminalError {
  constructor(
    readonly actor: string,
    readonly method: string,
    override readonly details: RowsRejection,
  ) {
    super(
      `${method} of ${actor} was rejected: ${describe(details)}. Nothing of the turn was kept; look at the rows, then send a new message.`,
      details,
      { code: 'PS_ROWS_REJECTED' },
    );
  }
}

function describe({ entity, operation, violation, expected, touched, reason }: RowsRejection): string {
  const what = entity === null ? 'its rows' : `${operation} of ${entity}`;
  if (violation === 'count') return `${what} touched ${touched} rows and had to touch ${expected}`;
  return `${what} broke a rule of the database (${reason})`;
}
