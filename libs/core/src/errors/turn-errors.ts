import { PlexSpacesError } from '#spi';

/** Thrown by a handler: a final answer, journaled, never retried; nothing else of the turn is committed (P7). @publicApi */
export class TerminalError extends PlexSpacesError {
  readonly code: string;
  constructor(
    message: string,
    readonly details?: unknown,
    options: ErrorOptions & { readonly code?: string } = {},
  ) {
    super(message, options);
    this.code = options.code ?? 'PS_TERMINAL';
  }
}

/** @publicApi */
export class TurnOrderError extends PlexSpacesError {
  readonly code = 'PS_TURN_ORDER';
  constructor(
    readonly actor: string,
    readonly receiver: string,
  ) {
    super(
      `${actor} asks ${receiver}, to which this turn has a tell that leaves only at its commit: the ask would overtake it. Ask first, or make the tell an ask.`,
    );
  }
}

/** @publicApi */
export class CallCycleError extends PlexSpacesError {
  readonly code = 'PS_CALL_CYCLE';
  constructor(readonly path: readonly string[]) {
    super(`Asks go in a circle and would wait for ever: ${path.join(' → ')}. Make one of them a tell.`);
  }
}

/**
 * Turns waited for each other, and an ask of this one was given up so that the others go on; its receiver had not begun
 * with it. A handler may catch this; else it is the answer to whoever asked, and a tell is parked.
 * @publicApi
 */
export class DeadlockError extends PlexSpacesError {
  readonly code = 'PS_DEADLOCK';
  override readonly retryable = true;
  constructor(
    /** Whose ask was given up. */
    readonly actor: string,
    /** Each actor waits for the next; the last is the first again. */
    readonly path: readonly string[],
    readonly method: string,
    /** The message it was handling. */
    readonly messageId: string,
  ) {
    super(
      `${method} of ${actor} waited in a circle with others: ${path.join(' → ')}. Its ask was given up so that they go on. ` +
        `Ask again later, or make one of the asks a tell, or its handler readOnly.`,
    );
  }
}

/** @publicApi */
export class TurnTimeoutError extends PlexSpacesError {
  readonly code = 'PS_TURN_TIMEOUT';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly maxTurnAgeMs: number,
  ) {
    super(
      `${method} of ${actor} held the line for more than ${maxTurnAgeMs} ms and was ended. Shorten it, or raise @Actor({ maxTurnAge }).`,
    );
  }
}

/** @publicApi */
export class TurnLimitError extends PlexSpacesError {
  readonly code = 'PS_TURN_LIMIT';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly limit: string,
  ) {
    super(`${method} of ${actor} went over the limit of ${limit} for one turn. Split the work over several messages.`);
  }
}

/** @publicApi */
export class TurnEndedError extends PlexSpacesError {
  readonly code = 'PS_TURN_ENDED';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly act: string,
  ) {
    super(
      `${act} was called after ${method} of ${actor} had ended: a promise was not awaited. Await every branch before the handler returns.`,
    );
  }
}

/** @publicApi */
export class NonDeterminismError extends PlexSpacesError {
  readonly code = 'PS_NON_DETERMINISM';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly expected: string,
    readonly got: string,
  ) {
    super(
      `Message ${messageId} of ${actor} was run again and took another path: its record says ${expected}, the code did ${got}. Guard the change with ctx.patched(), or deploy the version that wrote the record.`,
    );
  }
}

/** @publicApi */
export class ReadOnlyViolationError extends PlexSpacesError {
  readonly code = 'PS_READ_ONLY_VIOLATION';
  constructor(
    readonly actor: string,
    readonly method: string,
    readonly act: string,
  ) {
    super(
      `${method} of ${actor} is readOnly but ${act}. Drop readOnly, or move the change to a handler that is journaled. Nothing was kept.`,
    );
  }
}

/** @publicApi */
export class EffectTimeoutError extends PlexSpacesError {
  readonly code = 'PS_EFFECT_TIMEOUT';
  override readonly retryable = true;
  constructor(
    readonly actor: string,
    readonly effect: string,
    readonly timeoutMs: number,
  ) {
    super(
      `Side effect ${effect} of ${actor} did not settle within ${timeoutMs} ms. Its outcome outside is unknown; the same idempotency key is used when it is tried again.`,
    );
  }
}

/** @publicApi */
export class NoActorContextError extends PlexSpacesError {
  readonly code = 'PS_NO_ACTOR_CONTEXT';
  constructor(readonly act: string) {
    super(
      `${act} works only while an actor handles a message. Call it from a @Handle() method, or from what that method awaits.`,
    );
  }
}
