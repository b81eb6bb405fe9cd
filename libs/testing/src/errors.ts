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

/** A log that judges a run cannot be read: judging without it would be guessing. @publicApi */
export class CorruptLogError extends PlexSpacesError {
  readonly code = 'PS_CORRUPT_LOG';
  constructor(
    readonly file: string,
    readonly line: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `Line ${line} of ${file} ${reason}. Only a last line without its end may be torn; judge the run as invalid and repeat it.`,
      options,
    );
  }
}

/** A history that breaks a promise, or a run too poor to prove that it does not. @publicApi */
export class HistoryRefusedError extends PlexSpacesError {
  readonly code = 'PS_HISTORY_REFUSED';
  constructor(
    readonly verdict: 'violated' | 'invalid',
    readonly findings: readonly string[],
  ) {
    const remedy =
      verdict === 'violated'
        ? 'Read the journal of the actor named.'
        : 'Nothing is proven: repair the run and repeat it.';
    super(`The history is ${verdict}:\n${findings.map((finding) => `  ${finding}`).join('\n')}\n${remedy}`);
  }
}

/** An option of `simulate()` that makes no sense. Nothing was run. @publicApi */
export class InvalidSimulationError extends PlexSpacesError {
  readonly code = 'PS_INVALID_SIMULATION';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`simulate({ ${option} }) ${reason}.`);
  }
}

/** A simulated run failed. `cause` is what failed in it; the message has the schedule it shrank to and how to repeat it. @publicApi */
export class SimulationFailedError extends PlexSpacesError {
  readonly code = 'PS_SIMULATION_FAILED';
  constructor(
    readonly seed: number,
    /** The decisions the failure needs, to be given as `simulate({ seed, schedule })`. */
    readonly schedule: readonly string[],
    /** What happened, in words. */
    readonly story: readonly string[],
    cause: unknown,
  ) {
    super(failureText(seed, schedule, story, cause), { cause });
  }
}

/** The same seed gave another run the second time: something under simulation depends on the real world. @publicApi */
export class NotRepeatableError extends PlexSpacesError {
  readonly code = 'PS_NOT_REPEATABLE';
  constructor(
    readonly seed: number,
    readonly first: string,
    readonly second: string,
  ) {
    super(
      `Seed ${seed} gave trace ${first}, and then ${second}. Something of the scenario, the actors or their providers ` +
        'survives from run to run, or waits for the real world: look for state in modules and for promises made outside.',
    );
  }
}

/** Some accepted work, or a call, had not ended long after the last fault. @publicApi */
export class LivenessError extends PlexSpacesError {
  readonly code = 'PS_LIVENESS';
  constructor(
    readonly withinMs: number,
    /** Who hangs: calls of clients, actors with messages, a node that is not up. */
    readonly hanging: readonly string[],
  ) {
    super(
      `${withinMs} ms of virtual time after the last fault this had not ended: ${hanging.join('; ')}. ` +
        'Look for a promise nobody resolves, a retry without end, or a wake-up that was lost.',
    );
  }
}

/** A run went on beyond `timeLimit` or `maxEvents`. @publicApi */
export class SimulationLimitError extends PlexSpacesError {
  readonly code = 'PS_SIMULATION_LIMIT';
  constructor(
    readonly limit: 'timeLimit' | 'maxEvents',
    readonly reached: number,
    readonly hanging: readonly string[],
  ) {
    super(
      `The run reached its ${limit} (${limit === 'timeLimit' ? `${reached} ms of virtual time` : `${reached} events`}); ` +
        `still under way: ${hanging.join('; ') || 'nothing that is known of'}. A scenario has to end: ` +
        `look for a loop that waits for something that never comes, or raise ${limit}.`,
    );
  }
}

/** Code under simulation asked the real world for time, randomness or a timer: it could not be repeated. @publicApi */
export class RealWorldUsedError extends PlexSpacesError {
  readonly code = 'PS_REAL_WORLD_USED';
  constructor(
    readonly what: string,
    readonly caller: string,
  ) {
    super(
      `${what} was used during a simulated run, ${caller}: the run could not be repeated. ` +
        'Take time, timers and randomness from ActorContext in a handler, from Env (token ENV) in a provider, from the world in a scenario.',
    );
  }
}

/** Nobody can say whether the call was carried out: the node died, or no answer came. Repeat it under the same idempotency key to find out. @publicApi */
export class CallOutcomeUnknownError extends PlexSpacesError {
  readonly code = 'PS_CALL_OUTCOME_UNKNOWN';
  override readonly retryable = true;
  constructor(
    readonly call: string,
    readonly reason: string,
  ) {
    super(
      `Nobody can say whether ${call} was carried out: ${reason}. Repeat it under the same idempotency key (\`attempts\`).`,
    );
  }
}

/** The simulated external service failed this call, after or before carrying it out. @publicApi */
export class OutsideCallError extends PlexSpacesError {
  readonly code = 'PS_OUTSIDE_CALL';
  override readonly retryable = true;
  constructor(readonly call: string) {
    super(`The outside world failed ${call}. Whether it was carried out it does not say; retry under the same key.`);
  }
}

/** A simulated process ended by an exception nobody caught. @publicApi */
export class ProcessDiedError extends PlexSpacesError {
  readonly code = 'PS_PROCESS_DIED';
  constructor(
    readonly life: string,
    cause: unknown,
  ) {
    super(
      `An exception ended process ${life}: ${cause instanceof Error ? cause.message : String(cause)}. ` +
        'Nothing may leave a timer or a promise uncaught.',
      { cause },
    );
  }
}

function failureText(
  seed: number,
  schedule: readonly string[],
  story: readonly string[],
  cause: unknown,
): string {
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return [
    `Seed ${seed} fails: ${what}`,
    story.length === 0 ? 'It needs no fault at all.' : 'What it needs:',
    ...story.map((line) => `  ${line}`),
    'Repeat it:',
    `  simulate({ …, seed: ${seed} })   as it was found`,
    `  simulate({ …, seed: ${seed}, schedule: ${JSON.stringify(schedule)} })   as short as it was made`,
  ].join('\n');
}
