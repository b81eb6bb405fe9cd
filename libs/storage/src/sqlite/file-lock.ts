import { closeSync, openSync } from 'node:fs';
import { StorageInUseError, StorageUnavailableError } from '#spi';
import { type Connection, type Driver, codeOf } from './driver';

/**
 * One process per database: a side file `<path>.lock`, held in BEGIN EXCLUSIVE for as long as the store is open.
 *
 * A lock on the database itself would shut out plain SQL clients. The operating system drops this one whatever way
 * the process ends, SIGKILL included, so there is nothing stale to clean up; the empty file stays behind.
 */
export class FileLock {
  private constructor(private readonly connection: Connection) {}

  /** @throws StorageInUseError when another process holds it. */
  static take(Database: Driver, path: string): FileLock {
    const file = `${path}.lock`;
    touch(file);
    let connection: Connection | undefined;
    try {
      connection = new Database(file, { timeout: 0 });
      connection.exec('BEGIN EXCLUSIVE');
      return new FileLock(connection);
    } catch (error) {
      connection?.close();
      if (codeOf(error).startsWith('SQLITE_BUSY')) throw new StorageInUseError(path);
      throw new StorageUnavailableError(path, String(error), { cause: error });
    }
  }

  release(): void {
    this.connection.close();
  }
}

/**
 * Creates the file for this user's eyes only. One that is there keeps its mode, and is not opened: closing it would drop
 * the locks that other connections of this process have on it (POSIX).
 * @throws StorageUnavailableError
 */
export function touch(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw new StorageUnavailableError(path, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
