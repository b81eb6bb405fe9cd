import { ManualClock } from 'plexspaces/testing';

/** A clock under which each backoff is as long as its policy lets it be: no jitter. */
export function steadyClock(): ManualClock {
  return new ManualClock({ random: () => 1 - 2 ** -53 });
}
