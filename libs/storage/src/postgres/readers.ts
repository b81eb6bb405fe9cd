import type { Pool, PoolClient, QueryConfig } from 'pg';
import { isPlexSpacesError, StoreFailedError } from '#spi';
import type { Target } from './address';
import { type Driver, leavesConnection, messageOf } from './driver';
import type { ResolvedOptions } from './options';
import { destroy, type Row, rowsOf } from './session';

/**
 * Connections for whatever is not a commit. Waiting for one of them keeps neither the writer nor the lease waiting.
 * Every client has a listener for errors also while it is in use: without one, a backend that dies takes the process along.
 */
export class Readers {
  private readonly pool: Pool;

  constructor(
    driver: Driver,
    target: Target,
    { readers }: ResolvedOptions,
    /** Before anything is read (P3 of WriterConnection). */
    private readonly settle: () => Promise<void>,
  ) {
    this.pool = new driver.Pool({ ...target.config('reader'), max: readers, allowExitOnIdle: true });
    this.pool.on('error', () => undefined);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** One question, asked again over another connection when the first one broke: it changes nothing, or the same again. */
  async query(query: QueryConfig): Promise<readonly Row[]> {
    return this.use((client) => rowsOf(client, query));
  }

  /** @throws StoreFailedError; what the server refuses is one as well */
  async use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    try {
      await this.settle();
      return await this.attempt(work).catch((error: unknown) => {
        if (!(error instanceof BrokenConnection)) throw error;
        return this.attempt(work);
      });
    } catch (error) {
      if (isPlexSpacesError(error)) throw error;
      const cause = error instanceof BrokenConnection ? error.cause : error;
      throw new StoreFailedError('postgres', messageOf(cause), { cause });
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async attempt<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      return await work(client);
    } catch (error) {
      if (leavesConnection(error)) throw error;
      broken = new BrokenConnection(error);
      destroySocket(client);
      throw broken;
    } finally {
      client.release(broken);
    }
  }
}

class BrokenConnection extends Error {
  constructor(override readonly cause: unknown) {
    super(messageOf(cause), { cause });
  }
}

/** One that timed out would go on running otherwise. */
function destroySocket(client: PoolClient): void {
  destroy(client);
}
