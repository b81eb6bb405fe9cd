import { join } from 'node:path';
import type { StorageName } from '../harness/storage-name';
import { makeDatabase } from './postgres';
import { startRedis } from './redis';

/** A storage that nobody else uses, and where it is. */
export interface Store {
  readonly storage: StorageName;
  /** A path for SQLite, else a URL. */
  readonly url: string;
  /** Commits and fsyncs since it was made, as far as the server tells. */
  counts(): Promise<Counts>;
  /** Ends or drops what was made. */
  close(): Promise<void>;
}

export interface Counts {
  readonly commits?: number;
  readonly fsyncs?: number;
}

/** In the environment of a process that is to use the store of another: `<storage> <url>`. */
export const STORE_VARIABLE = 'PLEXSPACES_BENCH_STORE';

/** An empty one, or the one that the process was given. */
export async function openStore(storage: StorageName, folder: string): Promise<Store> {
  const given = process.env[STORE_VARIABLE]?.split(' ', 2);
  if (given?.[0] === storage && given[1] !== undefined) return { storage, url: given[1], counts, close };
  switch (storage) {
    case 'sqlite':
      return { storage, url: join(folder, 'journal.db'), counts, close };
    case 'postgres':
      return { storage, ...(await makeDatabase()) };
    case 'redis':
      return { storage, ...(await startRedis(folder)) };
  }
}

const counts = (): Promise<Counts> => Promise.resolve({});
const close = (): Promise<void> => Promise.resolve();
