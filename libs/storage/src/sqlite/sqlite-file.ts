import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { StorageUnavailableError, StoreClosedError, UnsafeStorageError } from '#spi';
import { IN_MEMORY } from './connection';
import { Op, type Request } from './protocol';
import { SqliteClient } from './sqlite-client';

/** @publicApi */
export interface SqliteOptions {
  /** Default 'full': an acknowledged write survives a power cut. 'relaxed' does not wait for the disk, and is for tests. */
  readonly durability?: 'full' | 'relaxed';
  /** The file may not grow beyond this many bytes; a write that would is refused. Default: as far as the disk goes. */
  readonly maxBytes?: number;
}

/** Runs under the lock, before the store's own connection is opened. */
export type Preparation = (path: string) => Promise<void>;

interface OpenFile {
  readonly client: SqliteClient;
  readonly opening: Promise<void>;
  readonly durability: 'full' | 'relaxed';
  handles: number;
  closing: Promise<void> | undefined;
}

/** Files open in this process: a second store on the same file shares the thread, and with it lock and connection. */
const openFiles = new Map<string, OpenFile>();

/** A share in an open database file. The last one to close it ends the thread. */
export class SqliteFile {
  isOpen = true;

  private constructor(
    private readonly key: string,
    private readonly file: OpenFile,
  ) {
    file.handles++;
  }

  static async open(path: string, options: SqliteOptions = {}, prepare?: Preparation): Promise<SqliteFile> {
    const { durability = 'full', maxBytes = 0 } = options;
    const key = await locate(path);
    for (let known = openFiles.get(key); known?.closing !== undefined; known = openFiles.get(key)) await known.closing;
    let file = openFiles.get(key);
    if (file === undefined) {
      const client = new SqliteClient();
      const opening = start(client, key, { durability, maxBytes }, prepare);
      file = { client, opening, durability, handles: 0, closing: undefined };
      if (key !== IN_MEMORY) openFiles.set(key, file);
      void client.ended.then(() => openFiles.get(key)?.client === client && openFiles.delete(key));
    }
    if (file.durability !== durability) {
      throw new UnsafeStorageError(
        'durability',
        `'${file.durability}' where ${path} is already open`,
        `'${durability}'`,
      );
    }
    const handle = new SqliteFile(key, file);
    try {
      await file.opening;
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get isPersistent(): boolean {
    return this.key !== IN_MEMORY;
  }

  /** Another share in the same file, also in one that is in memory only. */
  share(): SqliteFile {
    this.check();
    return new SqliteFile(this.key, this.file);
  }

  async read<T>(request: Request): Promise<T> {
    this.check();
    return this.file.client.read<T>(request);
  }

  async write<T>(request: Request): Promise<T> {
    this.check();
    return this.file.client.write<T>(request);
  }

  async close(): Promise<void> {
    const { file } = this;
    if (this.isOpen) {
      this.isOpen = false;
      if (--file.handles === 0) file.closing = file.client.close();
    }
    await file.closing;
  }

  /** @throws StoreClosedError */
  check(): void {
    if (!this.isOpen) throw new StoreClosedError('sqlite');
  }
}

async function start(
  client: SqliteClient,
  path: string,
  options: Required<SqliteOptions>,
  prepare: Preparation | undefined,
): Promise<void> {
  await client.write([Op.Lock, path]);
  if (prepare !== undefined) await prepare(path);
  await client.write([Op.Open, path, options]);
}

/** The one name of the file, whichever way leads to it; its folder is made. @throws StorageUnavailableError */
async function locate(path: string): Promise<string> {
  if (path === IN_MEMORY) return path;
  if (path === '' || path.startsWith('file:')) {
    throw new StorageUnavailableError(
      path,
      `a path or '${IN_MEMORY}' is needed, not ${path === '' ? 'an empty string' : 'a URI'}`,
    );
  }
  const file = resolve(path);
  try {
    await mkdir(dirname(file), { recursive: true });
    const known = await realpath(file).catch(() => null);
    return known ?? join(await realpath(dirname(file)), basename(file));
  } catch (error) {
    throw new StorageUnavailableError(path, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
