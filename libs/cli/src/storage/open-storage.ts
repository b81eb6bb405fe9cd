import type { Storage } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { SqliteStorage, assertFile, migrateSqliteFile, sqliteMigrationSql, sqliteStatus } from '#storage/sqlite';
import { NotForThisStorageError } from '../errors';
import type { StorageAddress } from './storage-address';

export type OpenStorage = Storage & { close(): Promise<void> };

/** What a database's tables are, and should be. */
export interface SchemaState {
  readonly version: number;
  readonly latest: number;
  readonly pending: readonly string[];
}

/** Brings a database's tables up to date. */
export interface Migrator {
  migrate(): Promise<SchemaState>;
  status(): Promise<SchemaState>;
  /** The statements, for those who run them themselves. */
  sql(): Promise<string>;
}

/** A store as commands use it. `mayMake`: a file that is not there is made. */
export async function openStorage({ kind, path, label }: StorageAddress, mayMake: boolean): Promise<OpenStorage> {
  if (kind === 'memory') return new MemoryStorage();
  if (kind !== 'sqlite')
    throw new NotForThisStorageError('This command', kind, `${label} cannot be opened by this version`);
  if (!mayMake) await assertFile(path);
  return SqliteStorage.open(path);
}

/** @throws NotForThisStorageError for a store without tables */
export function migratorFor({ kind, path, label }: StorageAddress, command: string): Migrator {
  if (kind === 'sqlite')
    return {
      migrate: () => migrateSqliteFile(path),
      status: () => sqliteStatus(path),
      sql: () => Promise.resolve(sqliteMigrationSql()),
    };
  const reason =
    kind === 'postgres'
      ? `${label} cannot be opened by this version`
      : 'it has no tables, so there is nothing to migrate';
  throw new NotForThisStorageError(command, kind, reason);
}
