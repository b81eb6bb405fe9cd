/** What a parent asks of the node it started. */
export type Request =
  | { readonly id: string; readonly kind: 'start' | 'inspect' | 'stop' }
  | {
      readonly id: string;
      readonly kind: 'ask' | 'tell';
      /** `<type>/<key>`. */
      readonly actor: string;
      readonly method: string;
      readonly args: readonly unknown[];
      /** Idempotency key; `null` for a read. */
      readonly key: string | null;
    };

export interface Reply {
  /** Of the request; 'ready' once the node is up. */
  readonly id: string;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string; readonly code: string };
}

/** One actor as its store has it. */
export interface ActorReport {
  readonly actor: string;
  readonly seqs: number[];
  readonly epochs: number[];
  /** Keys of the effects whose outcome is in the journal. */
  readonly recorded: string[];
  readonly pending: string[];
  parked: number;
}
