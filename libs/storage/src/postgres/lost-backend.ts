import { StoreFailedError } from '#spi';
import type { Target } from './address';
import type { Driver } from './driver';
import { destroy, reconnect, rowsOf } from './session';

/** A server process, told from a later one that has got its number. */
export interface Backend {
  readonly pid: string;
  readonly startedAt: string;
}

/** Ten seconds of looking each 10 ms. A process that waits for its disk ends no sooner. */
const LOOKS = 1_000;

const STARTED_AT = "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";

/** Of the session that asks. */
export const THIS_BACKEND = `SELECT pid, ${STARTED_AT} FROM pg_stat_activity WHERE pid = pg_backend_pid()`;

/**
 * Ends a process that was lost sight of, and waits until it has: it shows in pg_stat_activity until its transaction is over,
 * whichever way. @throws StoreFailedError where that cannot be known
 */
export async function endBackend(driver: Driver, target: Target, { pid, startedAt }: Backend): Promise<void> {
  const watch = await reconnect(driver, target, 'watch');
  try {
    for (let look = 0; look < LOOKS; look++) {
      const seen = await rowsOf(watch, {
        name: 'watch',
        text: `SELECT pg_terminate_backend(pid), pg_sleep(0.01) FROM pg_stat_activity WHERE pid = $1 AND ${STARTED_AT} = $2`,
        values: [pid, startedAt],
      });
      if (seen.length === 0) return;
    }
  } finally {
    destroy(watch);
  }
  throw new StoreFailedError('postgres', `server process ${pid}, which may be committing, does not end`);
}
