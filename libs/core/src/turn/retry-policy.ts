import { type Duration, isPlexSpacesError, parseDuration } from '#spi';

/** How often and how fast something is tried again. @publicApi */
export interface RetryOptions {
  /** Starts in all, the first included. */
  readonly maxAttempts?: number;
  /** Wait before the second start. */
  readonly initialDelay?: Duration;
  /** No wait is longer. */
  readonly maxDelay?: Duration;
  /** What each wait is multiplied by. Default 2. */
  readonly factor?: number;
  /** `full`: uniformly between 0 and the computed wait. `none`: exactly the computed wait. Default full. */
  readonly jitter?: 'full' | 'none';
}

/** {@link RetryOptions}, checked and in milliseconds. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly jitter: 'full' | 'none';
  /** Errors it is for; the others end it. Default: all. */
  readonly only?: (error: unknown) => boolean;
  /** When attempts at those run out, that is no outcome: the turn is lost (U5). */
  readonly losesTurn?: boolean;
}

/** P7: what happens to a message whose handler throws, unless `@Handle({ retry })` says otherwise. */
export const MESSAGE_RETRY: RetryPolicy = {
  maxAttempts: 5,
  initialMs: 100,
  maxMs: 10_000,
  factor: 2,
  jitter: 'full',
};

/** An effect without `retry` is tried once per start of its message. */
export const EFFECT_RETRY: RetryPolicy = {
  maxAttempts: 1,
  initialMs: 100,
  maxMs: 10_000,
  factor: 2,
  jitter: 'full',
};

/**
 * An ask of a turn whose receiver had no room, or could not be read or written. Recording that as its outcome would hand the same
 * failure to every later start; the message is sent again instead, under the same id. What the receiver's handler
 * throws is an outcome.
 */
export const ASK_RETRY: RetryPolicy = {
  maxAttempts: 10,
  initialMs: 50,
  maxMs: 5_000,
  factor: 2,
  jitter: 'full',
  only: (error) => isPlexSpacesError(error) && NO_OUTCOME.has(error.code),
  losesTurn: true,
};

/** The same where the sender would rather hear of it: `ifUndelivered: 'throw'`. */
export const HEARD_ASK_RETRY: RetryPolicy = { ...ASK_RETRY, losesTurn: false };

const NO_OUTCOME: ReadonlySet<string> = new Set([
  'PS_STORE_FAILED',
  'PS_STORE_BUSY',
  'PS_VERSION_CONFLICT',
  'PS_MAILBOX_FULL',
  'PS_CHILD_DOWN',
]);

/** @throws RangeError naming the option. */
export function resolveRetry(options: RetryOptions, defaults: RetryPolicy): RetryPolicy {
  const policy: RetryPolicy = {
    maxAttempts: options.maxAttempts ?? defaults.maxAttempts,
    initialMs: options.initialDelay === undefined ? defaults.initialMs : parseDuration(options.initialDelay),
    maxMs: options.maxDelay === undefined ? defaults.maxMs : parseDuration(options.maxDelay),
    factor: options.factor ?? defaults.factor,
    jitter: options.jitter ?? defaults.jitter,
  };
  if (!Number.isInteger(policy.maxAttempts) || policy.maxAttempts < 1)
    throw new RangeError('maxAttempts must be a whole number from 1 up');
  if (!(policy.factor >= 1) || !Number.isFinite(policy.factor))
    throw new RangeError('factor must be a number from 1 up');
  return policy;
}

/** The wait after `failed` starts have failed. Pure: the dice are handed in. */
export function decideRetryDelay(policy: RetryPolicy, failed: number, random: number): number {
  const ceiling = Math.min(policy.initialMs * policy.factor ** (failed - 1), policy.maxMs);
  return Math.round(policy.jitter === 'full' ? ceiling * random : ceiling);
}
