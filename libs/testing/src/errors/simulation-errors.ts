import { PlexSpacesError } from '#spi';

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
    /** What happened, in words. */
    readonly story: readonly string[],
    /** The decisions the failure needs, to be given as `simulate({ seed, schedule })`. */
    readonly schedule: readonly string[],
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
    readonly hanging: readonly string[],
    readonly reached: number,
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

/** An effect of a durable actor left while its message could still be lost: a broken promise (P4) of the runtime. @publicApi */
export class EarlyEffectError extends PlexSpacesError {
  readonly code = 'PS_EARLY_EFFECT';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly effect: string,
  ) {
    super(`${effect} of ${actor} left before message ${messageId} was on the disk: a crash could lose what caused it.`);
  }
}

/** An effect left a life that did not own the store any more: a broken promise (P6) of the runtime. @publicApi */
export class UnownedEffectError extends PlexSpacesError {
  readonly code = 'PS_UNOWNED_EFFECT';
  constructor(
    readonly life: string,
    readonly actor: string,
    readonly effect: string,
  ) {
    super(
      `${effect} of ${actor} left ${life}, which did not hold the lease of the store: its successor may run it too.`,
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

function failureText(seed: number, schedule: readonly string[], story: readonly string[], cause: unknown): string {
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
