import type { PoolClient } from 'pg';
import { StoreBusyError } from '#spi';
import { isLockTimeout, isTransient, leavesConnection } from './driver';
import type { PostgresDatabase } from './postgres-database';

const ATTEMPTS = 10;

/**
 * One transaction beside the writer's connection, for tools. Read committed, whatever the server's default: each statement
 * sees what was committed while the one before waited for its locks. Run again as a whole when it stood in another's way,
 * or when its connection broke.
 * @param work `inDoubt`: the connection broke at the commit of an earlier run, which may be stored. Where it is, or is about to
 *   be, its locks have made this run wait for it.
 * @throws StoreBusyError, StoreFailedError
 */
export function runTransaction<T>(
  database: PostgresDatabase,
  work: (client: PoolClient, inDoubt: boolean) => Promise<T>,
): Promise<T> {
  let inDoubt = false;
  const run = async (client: PoolClient): Promise<T> => {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    try {
      const result = await work(client, inDoubt);
      inDoubt = true;
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // Any other failure costs the connection, and the transaction with it.
      if (leavesConnection(error)) await client.query('ROLLBACK');
      throw error;
    }
  };
  return database.use(async (client) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run(client);
      } catch (error) {
        if (isLockTimeout(error))
          throw new StoreBusyError('postgres', database.options.lockTimeoutMs, { cause: error });
        if (!isTransient(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  });
}
