import { type Duration, InvalidDurationError, parseDuration } from '#spi';

const ISO = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?)$/;
const UNITS_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000] as const;

/**
 * Milliseconds of '30s' or of an ISO 8601 duration such as 'PT1H30M' or 'P2D'; a day is 24 hours, a week seven of them.
 * @throws InvalidDurationError also for years and months, whose length depends on when they begin
 */
export function parseInterval(interval: Duration): number {
  if (typeof interval !== 'string' || !interval.startsWith('P')) return parseDuration(interval);
  const parts = ISO.exec(interval)?.slice(1);
  if (parts === undefined || parts.every((part) => part === undefined)) throw new InvalidDurationError(interval);
  const ms = UNITS_MS.reduce((sum, unit, i) => sum + unit * Number(parts[i] ?? 0), 0);
  if (ms > Number.MAX_SAFE_INTEGER) throw new InvalidDurationError(interval);
  return Math.round(ms);
}
