import type { ErrorRecord } from '#journal';

/** What a recorded act of the turn came to: a side effect, or an ask of another actor (`ask:<type>.<method>`). */
export interface ModelEffect {
  readonly scope: string;
  readonly ordinal: number;
  readonly name: string;
  /** The recorded result; `undefined` when it failed. */
  readonly value: unknown;
  /** `null` when it succeeded. */
  readonly error: ErrorRecord | null;
}

/** A message as the model gets it. */
export interface ModelCall {
  readonly messageId: string;
  /** Encoded id of the sending actor, '' for a client. */
  readonly sender: string;
  /** The handler's name; of system messages only `$create` comes here. */
  readonly method: string;
  readonly args: readonly unknown[];
  /** In recorded order. */
  readonly effects: readonly ModelEffect[];
}

export interface ModelStep<S> {
  readonly state: S;
  readonly answer?: unknown;
}

/**
 * What actors of one type ought to do, as plainly as can be: pure, state in and state out. A state that is changed in place
 * is a TypeError, since the checker freezes what it hands over.
 * @publicApi
 */
export interface ActorModel<S = unknown> {
  readonly initial: S;
  /** A throw means: the handler answers an error and changes nothing. */
  apply(state: S, call: ModelCall): ModelStep<S>;
  /** Its `@State()` fields by name, as the store shows them. Default: the state itself. */
  stored?(state: S): Readonly<Record<string, unknown>>;
  /** What the driver's final read of an actor shows. Default: as `stored`. */
  read?(state: S): unknown;
  /** Text that equal states share and others do not. Default: by the payload codec. */
  key?(state: S): string;
  /** For actors that count: bounds on the final read that need neither journal nor order (H2). */
  readonly tally?: {
    /** The count, out of the final read. */
    of(read: unknown): number;
    /** What one applied message adds, in whatever order. */
    adds(method: string, args: readonly unknown[]): number;
  };
}
