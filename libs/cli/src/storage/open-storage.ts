import { type OpenedStorage, openStorage as openByUrl, parseStorageUrl } from '#storage/by-url';
import { assertFile, migrateSqliteFile, sqliteMigrationSql, sqliteStatus } from '#storage/sqlite';
import { migratePostgres, postgresMigrationSql, postgresStatus } from '#storage/typeorm';
import { NotForThisStorageError } from '../errors';
import type { StorageAddress } from './storage-address';

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

/** A store as commands use it. `mayMake`: a file that is not there is made. @throws what opening that store throws */
export async function openStorage({ kind, url }: StorageAddress, mayMake: boolean): Promise<OpenedStorage> {
  if (kind === 'sqlite' && !mayMake) await assertFile(parseStorageUrl(url).target);
  return openByUrl(url);
}

/** @throws NotForThisStorageError for a store without tables; InvalidStorageUrlError */
export function migratorFor({ kind, url }: StorageAddress, command: string): Migrator {
  const { target, options } = parseStorageUrl(url);
  switch (kind) {
    case 'sqlite':
      return {
        migrate: () => migrateSqliteFile(target),
        status: () => sqliteStatus(target),
        sql: () => Promise.resolve(sqliteMigrationSql()),
      };
    case 'postgres': {
      const status = async (): Promise<SchemaState> => {
        const { version, required, pending } = await postgresStatus(target, options);
        return { version, latest: required, pending };
      };
      return {
        migrate: async () => {
          await migratePostgres(target, options);
          return status();
        },
        status,
        sql: () => Promise.resolve(postgresMigrationSql(options)),
      };
    }
    default:
      throw new NotForThisStorageError(command, kind, 'it has no tables, so there is nothing to migrate');
  }
}
