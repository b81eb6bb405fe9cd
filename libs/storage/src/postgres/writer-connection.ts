import type { Client } from 'pg';
import { isPlexSpacesError, StoreFailedError } from '#spi';
import type { Target } from './address';
import { type Driver, isRefusal, messageOf } from './driver';
import { type Backend, endBackend, THIS_BACKEND } from './lost-backend';
import type { ResolvedOptions } from './options';
import { checkServer, destroy, keepAlive, reconnect, rowsOf } from './session';

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
    const client = await reconnect(this.driver, this.target, 'writer');
    try {
      await checkServer(client, this.target, this.options);
      const [row] = await rowsOf(client, { text: THIS_BACKEND });
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

  private async endLost(lost: Backend): Promise<void> {
    await endBackend(this.driver, this.target, lost);
    if (this.lost === lost) this.lost = undefined;
  }
}
