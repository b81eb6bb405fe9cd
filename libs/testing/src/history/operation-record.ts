/** How an operation ended for its client. `info`: nobody knows; it stays concurrent to the end. */
export type OperationOutcome = 'ok' | 'fail' | 'info';

/** One attempt of a client to get something done by an actor. Attempts under one id are one request. @publicApi */
export interface OperationRecord {
  /** Idempotency key, or the message id. Reads may have any. */
  readonly id: string;
  /** One line of sending: operations of one client at one actor are sent through one ref, in the order they were invoked (P2). */
  readonly client: string;
  /** Where a client goes on with another ref, after its node was replaced: which. Order is promised within one. Default: ''. */
  readonly ref?: string;
  /** Encoded id of the receiver. */
  readonly actor: string;
  readonly kind: 'ask' | 'tell';
  readonly method: string;
  readonly args: readonly unknown[];
  /** By a `readOnly` handler: it writes nothing and is not journaled. */
  readonly readOnly: boolean;
  /** `with({ principal })`: keys are scoped by it. Default: ''. */
  readonly principal?: string;
  /** `with({ delay })`: it may be passed by later ones. Default: 0. */
  readonly delayMs?: number;
  /** When it was sent, on a clock that rises with every event of the driver. */
  readonly invoked: number;
  /** When its outcome was known, on the same clock; `null` for `info`. */
  readonly ended: number | null;
  /**
   * `ok`: answered (ask) or accepted (tell). `fail`: certainly refused, and not applied by this attempt. A time-out or a
   * lost connection is `info`.
   */
  readonly outcome: OperationOutcome;
  /** What an `ok` ask was answered. */
  readonly value?: unknown;
}

/** What is known when an operation is sent. */
export type Invocation = Omit<OperationRecord, 'invoked' | 'ended' | 'outcome' | 'value'>;
