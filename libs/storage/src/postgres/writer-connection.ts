import type { Client } from 'pg';
import { isPlexSpacesError, StoreFailedError } from '#spi';
import type { Target } from './address';
import { type Driver, isRefusal, messageOf } from './driver';
import type { ResolvedOptions } from './options';
import { checkServer, connect, destroy, keepAlive, rowsOf } from './session';

/** A server process, told from a later one that has got its number. */
interface Backend {
  readonly pid: string;
  readonly startedAt: string;
}

/** Ten seconds of looking each 10 ms. A process that waits for its disk ends no sooner. */
const LOOKS = 1_000;

/**
 * The one connection that commits.
 *
 * Owns the connection, and what is left of the one before it. Invariants
 *   P1  One `run` at a time, in the order of the calls.
 *   P2  A connection that failed is never used again. The next `run` makes a new one.
 *   P3  A server process that this store has lost sight of may still be running a commit. Until it is known to have ended,
 *       nothing is written and nothing is read (`settle`): what is read afterwards is what became of that commit.
 *   P4  Whoever depends on what the server forgets in a crash hears of each new connection (`onConnect`).
 */
export class WriterConnection {
  private line: Promise<unknown> = Promise.resolve();
  private current: { readonly client: Client; readonly backend: Backend } | undefined;
  private lost: Backend | undefined;
  private settling: Promise<void> | undefined;

  constructor(
    private readonly driver: Driver,
    private readonly target: Target,
    private readonly options: ResolvedOptions,
    private readonly onConnect: () => void,
  ) {}

  /** @throws what `work` throws; StoreFailedError when the connection is to blame: the outcome is unknown, and settled (P3) */
  run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const result = this.line.then(() => this.attempt(work));
    this.line = result.catch(() => undefined);
    return result;
  }

  /** Nothing of what was begun before is still under way. @throws StoreFailedError where that cannot be known */
  async settle(): Promise<void> {
    if (this.lost === undefined) return;
    this.settling ??= this.endLost(this.lost).finally(() => (this.settling = undefined));
    await this.settling;
  }

  async close(): Promise<void> {
    await this.line;
    await this.current?.client.end().catch(() => undefined);
    this.current = undefined;
  }

  private async attempt<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const { client, backend } = await this.obtain();
    keepAlive(client, true);
    try {
      return await work(client);
    } catch (error) {
      if (isRefusal(error) || isPlexSpacesError(error)) throw error;
      this.current = undefined;
      this.lost = backend;
      destroy(client);
      await this.settle().catch(() => undefined); // who reads will try again
      throw new StoreFailedError('postgres', `the connection broke: ${messageOf(error)}`, { cause: error });
    } finally {
      keepAlive(client, false);
    }
  }

  private async obtain(): Promise<{ readonly client: Client; readonly backend: Backend }> {
    if (this.current !== undefined) return this.current;
    await this.settle();
    const client = await connect(this.driver, this.target, 'writer');
    try {
      await checkServer(client, this.target, this.options);
      const [row] = await rowsOf(client, {
        text: `SELECT pid, ${STARTED_AT} FROM pg_stat_activity WHERE pid = pg_backend_pid()`,
      });
      const [pid, startedAt] = row as [string, string];
      this.current = { client, backend: { pid, startedAt } };
    } catch (error) {
      destroy(client);
      throw error;
    }
    const { current } = this;
    client.once('end', () => {
      // While it is idle: nothing is under way.
      if (this.current === current) this.current = undefined;
    });
    this.onConnect();
    return current;
  }

  /** It shows in pg_stat_activity until its transaction is over, whichever way. */
  private async endLost(lost: Backend): Promise<void> {
    const watch = await connect(this.driver, this.target, 'watch');
    try {
      for (let look = 0; look < LOOKS; look++) {
        const seen = await rowsOf(watch, {
          name: 'watch',
          text: `SELECT pg_terminate_backend(pid), pg_sleep(0.01) FROM pg_stat_activity WHERE pid = $1 AND ${STARTED_AT} = $2`,
          values: [lost.pid, lost.startedAt],
        });
        if (seen.length > 0) continue;
        if (this.lost === lost) this.lost = undefined;
        return;
      }
    } finally {
      destroy(watch);
    }
    throw new StoreFailedError('postgres', `server process ${lost.pid}, which may be committing, does not end`);
  }
}

const STARTED_AT = "to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')";
