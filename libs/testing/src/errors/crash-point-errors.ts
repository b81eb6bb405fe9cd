import { PlexSpacesError } from '#spi';
import type { CrashFailure } from '../crash-points/crash-report';

/** An option of `everyCrashPoint` that cannot be used. Nothing was run, but for what `reason` says. @publicApi */
export class InvalidCrashPointOptionError extends PlexSpacesError {
  readonly code = 'PS_INVALID_CRASH_POINT_OPTION';
  constructor(
    readonly option: string,
    readonly reason: string,
  ) {
    super(`everyCrashPoint(): ${option} ${reason}. Correct the call.`);
  }
}

/** A scenario passes more boundaries than `maxBoundaries` allows to test. @publicApi */
export class TooManyCrashPointsError extends PlexSpacesError {
  readonly code = 'PS_TOO_MANY_CRASH_POINTS';
  constructor(
    readonly found: number,
    readonly limit: number,
  ) {
    super(
      `The scenario has at least ${found} crash points; maxBoundaries is ${limit}. Make the scenario shorter, test one with only, or raise maxBoundaries.`,
    );
  }
}

/** Something did not end within `maxVirtualTime`, or waits for what is neither in the store nor on the clock. @publicApi */
export class ScenarioNeverEndsError extends PlexSpacesError {
  readonly code = 'PS_SCENARIO_NEVER_ENDS';
  constructor(
    /** What did not end. */
    readonly subject: string,
    /** Virtual time it was given. */
    readonly limitMs: number,
    /** What was still to be done. */
    readonly waiting: string,
  ) {
    super(
      `${subject} did not end within ${limitMs} ms of virtual time: ${waiting}. Look for a promise that nobody settles or work that renews itself, or raise maxVirtualTime.`,
    );
  }
}

/** A run did not come to the boundary that an equal run had passed. @publicApi */
export class CrashPointNotReachedError extends PlexSpacesError {
  readonly code = 'PS_CRASH_POINT_NOT_REACHED';
  constructor(
    readonly boundary: string,
    readonly passed: string,
  ) {
    super(
      `The scenario did not come to ${boundary} this time; it passed ${passed}. It must do the same in each run: make what it uses anew in world(), and take time and randomness from the actor's context.`,
    );
  }
}

/** A message was parked after a crash that is not parked without one. @publicApi */
export class ParkedByCrashError extends PlexSpacesError {
  readonly code = 'PS_PARKED_BY_CRASH';
  constructor(
    readonly actor: string,
    readonly messageId: string,
    readonly reason: string,
  ) {
    super(
      `Message ${messageId} of ${actor} was parked: ${reason}. Without the crash it is not. Look for what its handler does differently when it is run again.`,
    );
  }
}

/** The invariant, the scenario or the recovery failed after a crash. `failures` has each of them. @publicApi */
export class CrashPointsFailedError extends PlexSpacesError {
  readonly code = 'PS_CRASH_POINTS_FAILED';
  constructor(
    readonly failures: readonly CrashFailure[],
    /** Boundaries that were tested. */
    readonly boundaries: number,
    report: string,
  ) {
    super(`${report}\nRun one of them alone with { only: '<its name>' }.`);
  }
}
