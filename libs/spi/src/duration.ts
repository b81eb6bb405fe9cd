import { InvalidDurationError } from './errors';

/** Milliseconds, or a string: '250ms', '30s', '5m', '2h', '7d'. @publicApi */
export type Duration = number | string;

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @returns whole milliseconds. @throws InvalidDurationError for anything negative, not finite or not understood. */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isFinite(duration) && duration >= 0 && duration <= Number.MAX_SAFE_INTEGER) return Math.round(duration);
  } else if (typeof duration === 'string') {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(duration.trim());
    const ms = match ? Number(match[1]) * (UNIT_MS[match[2] as string] as number) : NaN;
    if (ms <= Number.MAX_SAFE_INTEGER) return Math.round(ms);
  }
  throw new InvalidDurationError(duration);
}
