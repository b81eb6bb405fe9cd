import { isPlexSpacesError } from '#spi';

/** What a turn cannot go on after: it was to be more than one turn may be, is over, or lost its recorded path. */
const ENDS_A_TURN: ReadonlySet<string> = new Set([
  'PS_TURN_LIMIT',
  'PS_TURN_ENDED',
  'PS_TURN_TIMEOUT',
  'PS_TRANSACT_LAST',
  'PS_NON_DETERMINISM',
]);

/**
 * Is it the turn of `manager` itself that cannot go on, rather than a subscriber that failed? These errors name the actor
 * whose turn it was: a subscriber's may well have ended so too. Pure.
 */
export function isOfTurn(error: unknown, manager: string): boolean {
  if (isPlexSpacesError(error, 'PS_NOT_OWNER')) return true; // the node may not act: all its turns are over
  return isPlexSpacesError(error) && ENDS_A_TURN.has(error.code) && 'actor' in error && error.actor === manager;
}

/** The event found the subscriber busy with others, stopped, or not to be read: its handler had no part in it. */
const PASSES: ReadonlySet<string> = new Set([
  // an ask that would wait for itself, or had to be given up
  'PS_CALL_CYCLE',
  'PS_DEADLOCK',
  'PS_TURN_ORDER',
  // it takes nothing now
  'PS_MAILBOX_FULL',
  'PS_NODE_STOPPING',
  'PS_NOT_OWNER',
  'PS_CHILD_DOWN',
  'PS_LINKED_EXIT',
  'PS_ACTOR_FAILED',
  'PS_MESSAGE_STALLED',
  // the store
  'PS_STORE_FAILED',
  'PS_STORE_BUSY',
  'PS_STORE_CLOSED',
  'PS_STORAGE_UNAVAILABLE',
  'PS_VERSION_CONFLICT',
  // unreadable is not gone (P11)
  'PS_CORRUPT_RECORD',
  'PS_CHECKPOINT_AHEAD',
  'PS_SCHEMA_TOO_NEW',
  'PS_SNAPSHOT_UNREADABLE',
  'PS_ENCRYPTION_KEY_MISSING',
  'PS_PLAIN_RECORD',
  'PS_FACET_DRIFT',
]);

/** Does it say nothing about the subscriber's handler, so that no subscription ends for it? One read from a record as well. Pure. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  return typeof error.code === 'string' && PASSES.has(error.code);
}
