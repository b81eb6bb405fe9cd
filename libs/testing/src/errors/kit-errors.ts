import { PlexSpacesError } from '#spi';

/** An option of the test kit with a value that makes no sense. Nothing was started. @publicApi */
export class InvalidTestOptionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_TEST_OPTION';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`${option} ${reason}.`);
  }
}

/** Time was to be moved on a clock that moves by itself, or on a timeline that cannot go there. @publicApi */
export class ManualClockNeededError extends PlexSpacesError {
  readonly code = 'PS_MANUAL_CLOCK_NEEDED';
  constructor(readonly use: string) {
    super(
      `${use} needs a clock that a test moves, but this application runs on another one. ` +
        'Give it one: ActorTestingModule.create({ clock: new ManualClock(), … }).',
    );
  }
}

/** Timers keep setting each other while time stands still. @publicApi */
export class RunawayTimersError extends PlexSpacesError {
  readonly code = 'PS_RUNAWAY_TIMERS';
  constructor(readonly fired: number) {
    super(
      `${fired} timers fired while time stood still: they set each other without a delay. ` +
        'Look for a retry or a poll whose pause is 0.',
    );
  }
}

/** The application under test crashed: what was under way has an outcome nobody knows. @publicApi */
export class AppCrashedError extends PlexSpacesError {
  readonly code = 'PS_TEST_APP_CRASHED';
  constructor() {
    super(
      'The application under test crashed; whether this was done nobody knows. ' +
        'Call restart(), take a new ref from the application, and look.',
    );
  }
}

/** The application under test is not in the state that this takes. @publicApi */
export class AppStateError extends PlexSpacesError {
  readonly code = 'PS_TEST_APP_STATE';
  constructor(
    readonly operation: string,
    readonly state: string,
    readonly remedy: string,
  ) {
    super(`${operation} is not possible: the application under test ${state}. ${remedy}`);
  }
}

/** Work was left when the time that `drain()` may take was over. @publicApi */
export class AppNotDrainedError extends PlexSpacesError {
  readonly code = 'PS_TEST_APP_NOT_DRAINED';
  constructor(
    readonly within: string,
    /** Encoded ids of actors with messages that have not ended. */
    readonly actors: readonly string[],
  ) {
    super(
      `After ${within} there is work left` +
        (actors.length === 0 ? ' in memory' : `: messages of ${actors.join(', ')} have not ended`) +
        '. A held or stalled line waits for an operator, a sleeping handler for its time: ' +
        'give drain({ within }) more, use a ManualClock, or end what holds them.',
    );
  }
}

/** A fake was given for a side effect that no actor class here has. @publicApi */
export class UnknownEffectError extends PlexSpacesError {
  readonly code = 'PS_UNKNOWN_EFFECT';
  constructor(
    readonly effect: string,
    /** `Class.effect` of each there is. */
    readonly known: readonly string[],
  ) {
    super(
      `There is no side effect ${effect}. Side effects here: ${known.join(', ') || 'none'}. ` +
        'For one made by ctx.sideEffect(name, …) use fakes.inlineEffect(name, …).',
    );
  }
}

/** What a fake that was told to fail throws. It is retried like any other failure of an effect. @publicApi */
export class FakedFailureError extends PlexSpacesError {
  readonly code = 'PS_FAKED_FAILURE';
  constructor(
    readonly effect: string,
    readonly call: number,
  ) {
    super(`The fake of ${effect} was told to fail, and does so in call ${call}. It is the test that wants this.`);
  }
}

/** A value that would not come out of the journal as it went in: after a crash the actor would see another one. @publicApi */
export class CodecCheckError extends PlexSpacesError {
  readonly code = 'PS_CODEC_CHECK';
  constructor(
    readonly actor: string,
    /** The handler it was sent to, or that gave it. */
    readonly method: string,
    /** Where it lies: `args[0].price`, `answer`, `state.total`, `result of rate`. */
    readonly path: string,
    readonly change: string,
    options?: ErrorOptions,
  ) {
    super(
      `In ${method} of ${actor}: ${path} ${change}. ` +
        'Use plain data, or registerPayloadClass(); codecCheck: false turns this check off.',
      options,
    );
  }
}

/** A journal that is not what a test expects of it. @publicApi */
export class JournalExpectationError extends PlexSpacesError {
  readonly code = 'PS_JOURNAL_EXPECTATION';
  constructor(
    readonly actor: string,
    readonly expectation: string,
    readonly found: string,
    /** The journal, a line per entry. */
    readonly printed: string,
  ) {
    super(
      `Expected ${expectation}${found === '' ? '' : `, ${found}`}.\n${printed}\nFix the actor, or what is expected.`,
    );
  }
}
