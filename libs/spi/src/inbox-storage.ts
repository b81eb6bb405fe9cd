/** `queued`: accepted, no record of its turn yet. `open`: its turn has records. `done`: answered. `parked`: given up on. */
export type InboxState = 'queued' | 'open' | 'done' | 'parked';

/** A message as it is accepted. */
export interface NewInboxRow {
  /** Encoded id of the receiver. */
  readonly actor: string;
  /** Message id, unique per receiver. */
  readonly id: string;
  /** Tells a repeated id with other arguments (a conflict) from a duplicate. */
  readonly argsHash: string;
  /** The encoded envelope: enough to run the message after a crash. */
  readonly message: Uint8Array;
  /** Starts counted so far. */
  readonly attempts: number;
  /** Wall-clock time from which it may run. */
  readonly dueAt: number;
}

/** A message as it is kept. */
export interface InboxRow {
  readonly actor: string;
  readonly id: string;
  readonly argsHash: string;
  readonly state: InboxState;
  /** `null` once done: the journal has it. */
  readonly message: Uint8Array | null;
  readonly attempts: number;
  /** `null` once done or parked: nothing to start any more. */
  readonly dueAt: number | null;
  /** The encoded answer of a done message, the encoded cause of a parked one. */
  readonly answer: Uint8Array | null;
  /** When the dedupe window of an ended message closes (P5). */
  readonly expiresAt: number | null;
}

/** What an append does to the inbox rows of its own actor. */
export type InboxChange =
  /** The message's turn has its first record. `row` is given when the message has no row yet (an ask). */
  | { readonly op: 'open'; readonly id: string; readonly row: NewInboxRow | null }
  /** Another start is about to happen, not before `dueAt`. */
  | { readonly op: 'attempt'; readonly id: string; readonly attempts: number; readonly dueAt: number }
  /** An operator takes the parked message up again: the row is `row` from here on, but for its place in the order of acceptance. */
  | { readonly op: 'revive'; readonly id: string; readonly row: NewInboxRow }
  /**
   * The message ended. `fresh`: it has no row yet, and must have none. `sparesEnded`: its actor takes it back before it has
   * started; a row that has ended by now (one that is parked is an operator's) stays as it is, and one that was
   * swept since need not be there.
   */
  | {
      readonly op: 'done' | 'parked';
      readonly id: string;
      readonly argsHash: string;
      readonly answer: Uint8Array;
      readonly expiresAt: number | null;
      readonly fresh: boolean;
      readonly sparesEnded?: true;
    };

/** An actor with work to do. */
export interface DueActor {
  readonly actor: string;
  readonly dueAt: number;
}

/**
 * Messages: what waits, and what was answered. Written through `JournalStorage.flush` only.
 *
 * Rules, proven by `describeInboxStorage`:
 *  I1. `pending` lists queued and open rows in the order of acceptance.
 *  I2. A row moves queued → open → done or parked. One way leads back: `revive` makes a parked row queued, at its old place
 *      in the order of acceptance; done is for ever. An end that `sparesEnded` leaves a done or parked row as it is, does
 *      nothing where there is none, and is no refusal of its append.
 *  I3. `due` finds actors by one index over rows not ended; it scans neither actors nor journals.
 *  I4. `sweep` removes ended rows whose window has closed, never others.
 *  I5. `done` lists the answered rows of one actor in pages, in the order of UTF-8 bytes of their ids.
 *  I6. `actorsParked` lists the actors with parked rows in pages, in the order of UTF-8 bytes, by an index over parked rows.
 */
export interface InboxStorage {
  find(actor: string, id: string): Promise<InboxRow | null>;
  /** Rows of `actor` that are queued or open, oldest acceptance first. */
  pending(actor: string): Promise<readonly InboxRow[]>;
  /** Each actor with a row due at or before `atMs`, once, with its earliest due time; earliest first. */
  due(atMs: number, limit: number): Promise<readonly DueActor[]>;
  /** The earliest due time after `afterMs`, or `null`. */
  nextDue(afterMs: number): Promise<number | null>;
  /** Forgets up to `limit` ended rows with `expiresAt <= nowMs`. @returns how many. */
  sweep(nowMs: number, limit: number): Promise<number>;
  /** Parked rows in the order of acceptance, for operators. */
  parked(actor: string): Promise<readonly InboxRow[]>;
  /** Encoded ids, after `after`, of actors that begin with `prefix` and have parked rows. */
  actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]>;
  /** Done rows of `actor` with an id after `after`, for tools that move it; may scan. */
  done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]>;
}
