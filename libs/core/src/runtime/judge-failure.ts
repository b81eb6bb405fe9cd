import { isPlexSpacesError } from '#spi';
import { FacetRejection, RetryRequest } from '../facet/outcomes';
import { isFinalAnswer } from '../turn/classify-error';
import { MESSAGE_RETRY, type RetryPolicy } from '../turn/retry-policy';

/** The facts a failed turn is judged by. */
export interface FailureFacts {
  readonly error: unknown;
  /** `@Handle({ retry })`; `null` for the default. */
  readonly policy: RetryPolicy | null;
  /** Starts counted so far, this one included. */
  readonly attempts: number;
  /** Somebody waits for its answer. */
  readonly isAsked: boolean;
  /** Nothing of the message is stored: an ask on its first start. */
  readonly unstored: boolean;
  /** The turn has records. */
  readonly hasRecords: boolean;
  /** The records were written by other code than runs here. */
  readonly otherVersion: boolean;
}

export type Verdict =
  /** Commit the error as the answer, and nothing else. */
  | { readonly kind: 'answer'; readonly error: unknown; readonly refused: boolean }
  /** Nothing is stored: the asker gets the error, the id may be tried again. */
  | { readonly kind: 'forget'; readonly error: unknown }
  | { readonly kind: 'retry'; readonly policy: RetryPolicy; readonly cause: unknown }
  | { readonly kind: 'park'; readonly cause: unknown }
  /** The message waits for code that can follow its record (P9). */
  | { readonly kind: 'stall'; readonly cause: unknown };

/** P7 and P9, in one place. Pure. */
export function judgeFailure(facts: FailureFacts): Verdict {
  const { error, policy, attempts, unstored, hasRecords, otherVersion } = facts;
  if (error instanceof FacetRejection) return { kind: 'answer', error: error.error, refused: true };
  const wantsRetry = error instanceof RetryRequest;
  const cause = wantsRetry ? error.cause : error;
  // A retry would hold the line that the others in the circle wait for: the message has to leave it.
  if (!wantsRetry && isPlexSpacesError(cause, 'PS_DEADLOCK') && !facts.isAsked) return { kind: 'park', cause };
  if (!wantsRetry && isFinalAnswer(cause)) return { kind: 'answer', error: cause, refused: false };
  if (otherVersion && isPlexSpacesError(cause, 'PS_NON_DETERMINISM')) return { kind: 'stall', cause };
  const triedOnce = unstored && !hasRecords && policy === null && !wantsRetry;
  if (triedOnce) return { kind: 'forget', error: cause };
  const effective = policy ?? MESSAGE_RETRY;
  return attempts < effective.maxAttempts ? { kind: 'retry', policy: effective, cause } : { kind: 'park', cause };
}
