import { isPlexSpacesError } from '#spi';
import type { DurableActivation } from './durable-activation';

/** What was due when the store could not be asked is looked for again so soon, and not by the next patrol (P8). */
const AGAIN_MS = 1_000;

/** The store is at fault, not what lies in it. */
const AWAY: ReadonlySet<string> = new Set(['PS_STORE_FAILED', 'PS_STORE_BUSY', 'PS_STORAGE_UNAVAILABLE']);

/** Where `error` says no more than that the store was away; what is damaged, or of another version, stays as it is. */
export function lookAgainSoon({ system, address, env }: DurableActivation, error: unknown): void {
  if (isPlexSpacesError(error) && AWAY.has(error.code)) system.wakeAt(address, env.now() + AGAIN_MS);
}
