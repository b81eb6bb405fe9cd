import { TerminalError } from '#core';
import { PlexSpacesError } from '#spi';

/** A class with a behaviour that is declared wrong; found at start. @publicApi */
export class InvalidBehaviorError extends PlexSpacesError {
  readonly code = 'PS_INVALID_BEHAVIOR';
  constructor(
    readonly className: string,
    readonly behavior: string,
    readonly problems: readonly string[],
  ) {
    super(`${className} is no valid ${behavior}: ${problems.join('; ')}. Nothing was started.`);
  }
}

/** An event that the machine's state does not take. The state is unchanged; a final answer, never retried. @publicApi */
export class UnexpectedEventError extends TerminalError {
  constructor(
    readonly actor: string,
    readonly state: string,
    readonly event: string,
    readonly accepted: readonly string[],
  ) {
    super(
      `${actor} takes no ${event} in state ${state}. It takes: ${accepted.join(', ') || 'nothing'}.`,
      { actor, state, event, accepted },
      { code: 'PS_FSM_UNEXPECTED_EVENT' },
    );
  }
}

/**
 * The machine is in a state that its class has no more. No answer to whoever sent the event: it is tried again, and parked, as
 * after any crash, so that nothing is lost before the class is mended. @publicApi
 */
export class UnknownStateError extends PlexSpacesError {
  readonly code = 'PS_FSM_UNKNOWN_STATE';
  constructor(
    readonly actor: string,
    readonly state: string,
    readonly known: readonly string[],
  ) {
    super(
      `${actor} is in state ${state}, which its class does not have; it has ${known.join(', ')}. Keep the state, or rename it by a new schema version with an upcast.`,
    );
  }
}

/**
 * A timeout came and no transition of its state took it: their guards all said no. What guards say may change, and nobody waits for
 * an answer: so it is tried again, and parked, as after any crash. @publicApi
 */
export class UntakenTimeoutError extends PlexSpacesError {
  readonly code = 'PS_FSM_UNTAKEN_TIMEOUT';
  constructor(
    readonly actor: string,
    readonly state: string,
    readonly event: string,
  ) {
    super(
      `The timeout ${event} of state ${state} came to ${actor}, and the guards of all its transitions said no. Add a last @Transition without guard, one that stays where it is if need be.`,
    );
  }
}

/** A transition's method named a state that the transition does not lead to. The state is unchanged. @publicApi */
export class InvalidTransitionError extends TerminalError {
  constructor(
    readonly actor: string,
    readonly from: string,
    readonly event: string,
    readonly to: unknown,
    readonly allowed: readonly string[],
  ) {
    super(
      `${event} in state ${from} of ${actor} led to ${String(to)}, which its @Transition does not name. It names: ${allowed.join(', ') || 'none'}.`,
      { actor, from, event, to: String(to), allowed },
      { code: 'PS_FSM_INVALID_TRANSITION' },
    );
  }
}

/** An event that the state postpones came when the machine had postponed as many as it may. A final answer, never retried. @publicApi */
export class PostponeLimitError extends TerminalError {
  constructor(
    readonly actor: string,
    readonly state: string,
    readonly event: string,
    readonly limit: string,
  ) {
    super(
      `${actor} cannot postpone ${event} in state ${state}: it would keep more than ${limit}. Send it again when the state has changed.`,
      { actor, state, event, limit },
      { code: 'PS_FSM_POSTPONE_LIMIT' },
    );
  }
}

/** A subscription an event manager cannot take. @publicApi */
export class InvalidSubscriptionError extends TerminalError {
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(
      `A subscription's ${option} ${reason}. Nobody was subscribed.`,
      { option, reason },
      { code: 'PS_INVALID_SUBSCRIPTION' },
    );
  }
}
