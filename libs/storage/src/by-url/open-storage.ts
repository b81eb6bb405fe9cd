import { MissingPackageError, type Storage } from '#spi';
import type { SchemeName } from './schemes';
import { parseStorageUrl, type StorageUrl } from './storage-url';

/** A store that whoever opened it closes. @publicApi */
export type OpenedStorage = Storage & { close(): Promise<void> };

/**
 * Opens the store that a URL names, as the module behind it would: `memory:`, `sqlite:./data.db`, `postgres://…`, `redis://…`,
 * with the options of that module behind a question mark. For tools; an application names it in `forRoot({ storage })`.
 * @throws InvalidStorageUrlError, MissingPackageError, and what opening that store throws
 * @publicApi
 */
export async function openStorage(url: string): Promise<OpenedStorage> {
  return openParsed(parseStorageUrl(url));
}

export async function openParsed({ scheme, target, options }: StorageUrl): Promise<OpenedStorage> {
  return OPENERS[scheme](target, options);
}

type Options = StorageUrl['options'];

/** An adapter is loaded when it is needed, so that nobody has to install the packages of the others. */
const OPENERS: Readonly<Record<SchemeName, (target: string, options: Options) => Promise<OpenedStorage>>> = {
  memory: async () => {
    const { MemoryStorage } = await import('../memory/memory-storage.js');
    return new MemoryStorage();
  },
  sqlite: async (path, options) => {
    const { SqliteStorage } = await import('../sqlite/sqlite-storage.js');
    const { migrateSqlite } = await needing('typeorm', 'sqlite:', () => import('../typeorm/sqlite-migrations.js'));
    return SqliteStorage.open(path, options, migrateSqlite);
  },
  postgres: async (url, options) => {
    const { PostgresStorage } = await import('../postgres/postgres-storage.js');
    const { runMigrations } = await needing('typeorm', 'postgres:', () => import('../typeorm/postgres-migrations.js'));
    return PostgresStorage.open(url, options, async (...where) => {
      await runMigrations(...where);
    });
  },
  redis: async (url, options) => {
    const { RedisStorage } = await import('../redis/redis-storage.js');
    return RedisStorage.open({ ...options, url });
  },
};

/** @throws MissingPackageError when it is that package which is not there */
export async function needing<T>(packageName: string, neededBy: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'MODULE_NOT_FOUND' && message.includes(`'${packageName}'`);
    throw isMissing ? new MissingPackageError(packageName, `Storage ${neededBy}`, { cause: error }) : error;
  }
}
