import type { LeaseHolder } from '#spi';

/** A claim that was answered, in milliseconds of the monotonic clock. */
export interface AnsweredClaim {
  readonly claimant: string;
  readonly ttlMs: number;
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly answer: LeaseHolder;
}

/** What follows from it. `askAt`: when the store is asked again. */
export type NextStep =
  | { readonly kind: 'hold'; readonly until: number; readonly askAt: number }
  /** Granted, but the answer took so long that nothing of it is left. */
  | { readonly kind: 'tooLate'; readonly askAt: number }
  | { readonly kind: 'wait'; readonly owner: string; readonly endsAt: number; readonly askAt: number };

/** A renewal has so many tries before the right ends. */
const RENEWALS_PER_TTL = 3;
/** Parts of the TTL: what a node stops early, since no two clocks run alike; and how often one that has no right asks. */
const SHARE = 10;

/** How long before the end of a lease its holder stops. */
export function marginOf(ttlMs: number): number {
  return ttlMs / SHARE;
}

/**
 * The right of a granted claim is counted from the moment it was sent (F04): the store granted it later than that, so
 * it lasts longer there than here. Pure. @param random 0 ≤ x < 1
 */
export function decideNext(claim: AnsweredClaim, random: number): NextStep {
  const { claimant, ttlMs, sentAt, answeredAt, answer } = claim;
  const leftMs = Math.min(answer.leftMs, ttlMs);
  if (answer.holder !== claimant)
    return {
      kind: 'wait',
      owner: answer.holder,
      endsAt: answeredAt + Math.max(0, answer.leftMs),
      askAt: answeredAt + pauseOf(Math.min(leftMs, ttlMs / SHARE), ttlMs, random),
    };
  const until = sentAt + leftMs - marginOf(ttlMs);
  if (!(until > answeredAt)) return { kind: 'tooLate', askAt: answeredAt + retryPause(ttlMs, random) };
  return {
    kind: 'hold',
    until,
    askAt: Math.max(answeredAt, Math.min(until, sentAt + Math.floor(ttlMs / RENEWALS_PER_TTL))),
  };
}

/** How long to wait after a claim that failed, or was not answered. Pure. */
export function retryPause(ttlMs: number, random: number): number {
  return pauseOf(ttlMs / SHARE, ttlMs, random);
}

/** Until about then, never at once, never all at the same moment. */
function pauseOf(ms: number, ttlMs: number, random: number): number {
  const least = ttlMs / (SHARE * SHARE);
  return Math.ceil(Math.max(least, ms) + random * least * 2);
}

/** Has the holder renewed between two looks? Time only takes away from a lease. Pure. */
export function isRenewed(before: LeaseHolder, after: LeaseHolder): boolean {
  return after.holder !== before.holder || after.leftMs > before.leftMs;
}
