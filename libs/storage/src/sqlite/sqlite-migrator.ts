import { stat } from 'node:fs/promises';
import { StorageUnavailableError } from '#spi';
import { schemaVersion } from './connection';
import { loadDriver } from './driver';
import { MIGRATIONS, SCHEMA_VERSION } from './schema';
import { SqliteStorage } from './sqlite-storage';

/** Which tables a database has, and which this build wants. */
export interface SchemaStatus {
  /** 0: none of ours. */
  readonly version: number;
  readonly latest: number;
  /** Names of the migrations that are missing. */
  readonly pending: readonly string[];
}

/** Looks without writing or locking, also while a node runs on the file. @throws StorageUnavailableError, MissingPackageError */
export async function sqliteStatus(path: string): Promise<SchemaStatus> {
  const Driver = await loadDriver();
  await assertFile(path);
  try {
    const connection = new Driver(path, { readonly: true, fileMustExist: true });
    try {
      const version = schemaVersion(connection);
      const pending = MIGRATIONS.filter((step) => step.version > version).map(({ name }) => name);
      return { version, latest: SCHEMA_VERSION, pending };
    } finally {
      connection.close();
    }
  } catch (error) {
    throw new StorageUnavailableError(path, error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/**
 * Makes the file where there is none, and brings its tables up to date. Under the store's lock: no node may run on it.
 * @throws StorageInUseError, SchemaTooNewError, StorageUnavailableError
 */
export async function migrateSqliteFile(path: string): Promise<SchemaStatus> {
  const storage = await SqliteStorage.open(path);
  await storage.close();
  return sqliteStatus(path);
}

/** What `migrate` runs, for those who run it themselves. @param after the version that is there */
export function sqliteMigrationSql(after = 0): string {
  const steps = MIGRATIONS.filter(({ version }) => version > after);
  const text = steps.map(({ name, statements }) => [`-- ${name}`, ...statements.map((each) => `${each};`)].join('\n'));
  return ['BEGIN IMMEDIATE;', ...text, 'COMMIT;', ''].join('\n');
}

/** @throws StorageUnavailableError where there is no such file */
export async function assertFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new StorageUnavailableError(path, 'there is no such file');
  if (!found.isFile()) throw new StorageUnavailableError(path, 'it is no file');
}
