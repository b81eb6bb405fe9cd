import type { FailingWrites } from '#journal';

/** Since when what moves a node does not move; monotonic times, `null` where it does or need not. */
export interface Movement {
  /** Something is to be written, and nothing has come back. */
  readonly writesSince: number | null;
  /** What comes back are failures. */
  readonly failing: FailingWrites | null;
  /** The search for due work has not come back. */
  readonly searchSince: number | null;
  /** It comes back with failures. */
  readonly searchFailsSince: number | null;
}

/** The same in milliseconds until now, 0 where it moves. */
export interface Standstill {
  readonly writesStandStillMs: number;
  readonly writesFailMs: number;
  readonly searchStandsStillMs: number;
  readonly searchFailsMs: number;
}

/**
 * Pure. Writes that fail count while somebody tries: when nobody has for `limitMs`, nobody knows any more, and a node that
 * is sent nothing as long as it is not ready could never find out. The next failure counts from the first one again.
 */
export function measureStandstill(
  { writesSince, failing, searchSince, searchFailsSince }: Movement,
  now: number,
  limitMs: number,
): Standstill {
  const msSince = (from: number | null): number => (from === null ? 0 : Math.round(now - from));
  const isTried = failing !== null && now - failing.triedAt < limitMs;
  return {
    writesStandStillMs: msSince(writesSince),
    writesFailMs: msSince(isTried ? failing.since : null),
    searchStandsStillMs: msSince(searchSince),
    searchFailsMs: msSince(searchFailsSince),
  };
}

/** Nothing comes back at all: that a restart may mend. Pure. */
export function isStuck({ writesStandStillMs, searchStandsStillMs }: Standstill, limitMs: number): boolean {
  return Math.max(writesStandStillMs, searchStandsStillMs) >= limitMs;
}

/** Whatever comes back is a failure. Pure. */
export function isFailing({ writesFailMs, searchFailsMs }: Standstill, limitMs: number): boolean {
  return Math.max(writesFailMs, searchFailsMs) >= limitMs;
}
