import { parseDuration } from '#spi';
import type { BackoffOptions } from './supervisor.decorator';

/** {@link BackoffOptions}, checked and in milliseconds. */
export interface BackoffPolicy {
  readonly kind: BackoffOptions['kind'];
  readonly delayMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: 'full' | 'none';
}

export const NO_BACKOFF: BackoffPolicy = { kind: 'none', delayMs: 0, factor: 1, maxMs: 0, jitter: 'none' };

const KINDS: readonly unknown[] = ['none', 'constant', 'linear', 'exponential'];

/** @throws RangeError, InvalidDurationError saying what is wrong */
export function resolveBackoff(options: BackoffOptions): BackoffPolicy {
  if (!KINDS.includes(options.kind)) throw new RangeError(`backoff.kind must be one of ${KINDS.join(', ')}`);
  if (options.kind === 'none') return NO_BACKOFF;
  const { jitter = 'none' } = options;
  if (!(['full', 'none'] as unknown[]).includes(jitter))
    throw new RangeError("backoff.jitter must be 'full' or 'none'");
  const delayMs = parseDuration(options.delay);
  if (options.kind === 'constant') return { kind: 'constant', delayMs, factor: 1, maxMs: delayMs, jitter };
  const maxMs = parseDuration(options.maxDelay ?? '30s');
  const factor = options.kind === 'exponential' ? (options.factor ?? 2) : 1;
  if (!(factor >= 1) || !Number.isFinite(factor)) throw new RangeError('backoff.factor must be a number from 1 up');
  return { kind: options.kind, delayMs, factor, maxMs, jitter };
}

/** The wait before the `nth` restart within the window, from 1. Pure: the dice are handed in. */
export function decideBackoff(policy: BackoffPolicy, nth: number, random: number): number {
  const { kind, delayMs, factor, maxMs, jitter } = policy;
  if (kind === 'none') return 0;
  const whole = kind === 'linear' ? delayMs * nth : delayMs * factor ** (nth - 1);
  const ceiling = Math.min(whole, maxMs);
  return Math.round(jitter === 'full' ? ceiling * random : ceiling);
}
