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
