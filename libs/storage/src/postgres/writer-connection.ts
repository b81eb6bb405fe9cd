import type { Client } from 'pg';
import { StoreFailedError, StoreRegressedError } from '#spi';
import type { Target } from './address';
import { type Driver, leavesConnection, messageOf } from './driver';
import { type Backend, endBackend, THIS_BACKEND } from './lost-backend';
import type { ResolvedOptions } from './options';
import { checkServer, destroy, keepAlive, reconnect, rowsOf } from './session';

/**
 * The one connection that commits.
 *
 * Owns the connection, and what is left of the one before it. Invariants
 *   P1  One `run` at a time, in the order of the calls.
 *   P2  A connection that failed is never used again. The next `run` makes a new one.
 *   P3  A server process that this store has lost sight of, this connection's or another's that was committing (`end`), may still
 *       be running a commit. Until it is known to have ended nothing is read (`settle`), nor written over a new connection:
 *       what is read afterwards is what became of that commit.
 *   P4  Whoever depends on what the server forgets in a crash hears of each new connection (`onConnect`), before it is used. One
 *       to a store that has lost what it acknowledged is refused, and nothing is read from then on.
 */
export class WriterConnection {
  private line: Promise<unknown> = Promise.resolve();
  private current: { readonly client: Client; readonly backend: Backend } | undefined;
  private readonly lost = new Set<Backend>();
  private settling: Promise<void> | undefined;
  private regressed: StoreRegressedError | undefined;

  constructor(
    private readonly driver: Driver,
    private readonly target: Target,
    private readonly options: ResolvedOptions,
    private readonly onConnect: (client: Client) => Promise<void>,
  ) {}

  /** @throws what `work` throws; StoreFailedError when the connection is to blame: the outcome is unknown, and settled (P3) */
  run<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const result = this.line.then(() => this.attempt(work));
    this.line = result.catch(() => undefined);
    return result;
  }

  /** Nothing of what was begun before is still under way. @throws StoreFailedError where that cannot be known */
  async settle(): Promise<void> {
    if (this.regressed !== undefined) throw this.regressed;
    while (this.lost.size > 0) {
      this.settling ??= this.endLost().finally(() => (this.settling = undefined));
      await this.settling;
    }
  }

  /** What that process was doing is over when this resolves; where it rejects, nothing is read before it is. @throws StoreFailedError */
  async end(backend: Backend): Promise<void> {
    this.lost.add(backend);
    await this.settle();
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
      if (leavesConnection(error)) throw error;
      this.current = undefined;
      this.lost.add(backend);
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
    const client = await reconnect(this.driver, this.target, 'writer');
    try {
      await checkServer(client, this.target, this.options);
      const [row] = await rowsOf(client, { text: THIS_BACKEND });
      const [pid, startedAt] = row as [string, string];
      await this.onConnect(client);
      this.current = { client, backend: { pid, startedAt } };
    } catch (error) {
      destroy(client);
      if (error instanceof StoreRegressedError) this.regressed = error;
      throw error;
    }
    const { current } = this;
    client.once('end', () => {
      // While it is idle: nothing is under way.
      if (this.current === current) this.current = undefined;
    });
    return current;
  }

  private async endLost(): Promise<void> {
    for (const backend of this.lost) {
      await endBackend(this.driver, this.target, backend);
      this.lost.delete(backend);
    }
  }
}
