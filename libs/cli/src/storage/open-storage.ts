import { type OpenedStorage, needing, openParsed, parseStorageUrl } from '#storage/by-url';
import { assertFile, migrateSqliteFile, sqliteMigrationSql, sqliteStatus } from '#storage/sqlite';
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

/** A store as commands use it. `mayMake`: a file or tables that are not there are made. @throws what opening that store throws */
export async function openStorage({ kind, url }: StorageAddress, mayMake: boolean): Promise<OpenedStorage> {
  const parsed = parseStorageUrl(url);
  if (mayMake) return openParsed(parsed);
  if (kind === 'sqlite') await assertFile(parsed.target);
  // One that only looks, or takes away, leaves a database as it is: nodes of an older version may run on it.
  return openParsed(kind === 'postgres' ? { ...parsed, options: { migrate: false, ...parsed.options } } : parsed);
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
      // Whoever has another store need not have it.
      const typeorm = needing('typeorm', 'postgres:', () => import('#storage/typeorm'));
      typeorm.catch(() => undefined); // told to who asks
      const status = async (): Promise<SchemaState> => {
        const { postgresStatus } = await typeorm;
        const { version, required, pending } = await postgresStatus(target, options);
        return { version, latest: required, pending };
      };
      return {
        migrate: async () => {
          await (await typeorm).migratePostgres(target, options);
          return status();
        },
        status,
        sql: async () => (await typeorm).postgresMigrationSql(options),
      };
    }
    default:
      throw new NotForThisStorageError(command, kind, 'it has no tables, so there is nothing to migrate');
  }
}
