import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { type CheckpointStorage, type Env, type PersistentStorage, type Storage, SystemEnv } from '#spi';
import { Keyring, encryptSnapshots, encryptStorage } from '#journal';
import { FsCheckpointStorage, FsPersistentStorage } from '#storage/fs';
import { MemoryPersistentStorage, MemoryStorage } from '#storage/memory';
import { SqliteStorage } from '#storage/sqlite';
import type { Backend, JournalBackend, UserTables, UserTransactions } from '#testing/conformance';
import { SqliteCallerDialect } from '../../libs/storage/src/typeorm/sqlite-caller-dialect';
import { TypeormCallerTransactions } from '../../libs/storage/src/typeorm/typeorm-caller-transactions';
import { SeededChoices } from '../../libs/testing/src/simulation/choices';
import { SimDisk } from '../../libs/testing/src/simulation/disk';

export function memory(): JournalBackend<Storage> {
  const { tables } = new MemoryStorage();
  return {
    name: 'memory',
    expects: { persistent: false, shared: false, rows: false },
    open: () => Promise.resolve(new MemoryStorage(tables)),
    destroy: () => Promise.resolve(),
  };
}

/** What an application needs beside a store whose database it shares. */
export interface Shared {
  readonly tables: UserTables;
  readonly transactions: UserTransactions;
}

/** Transactions over one DataSource, made when the first is asked for. */
export function transactionsOf(make: () => Promise<DataSource>): UserTransactions & { end(): Promise<void> } {
  let source: Promise<DataSource> | undefined;
  return {
    run: async (work) => (await (source ??= make().then((made) => made.initialize()))).transaction(work),
    end: async () => (await source)?.destroy(),
  };
}

export function sqliteFile(): JournalBackend<Storage> & Shared {
  const folder = temporaryFolder();
  const path = async (): Promise<string> => join(await folder.path(), 'journal.db');
  const transactions = transactionsOf(
    async () =>
      new DataSource({
        type: 'better-sqlite3',
        database: await path(),
        prepareDatabase: (db: Database.Database) => void db.pragma('synchronous = FULL'),
      }),
  );
  let connection: Database.Database | undefined;
  return {
    name: 'sqlite file',
    tables: {
      query: async (sql) => {
        const statement = (connection ??= new Database(await path())).prepare(sql);
        if (statement.reader) return statement.all() as Record<string, unknown>[];
        statement.run();
        return [];
      },
      placeholder: () => '?',
      types: { text: 'text', bytes: 'blob', integer: 'integer', real: 'real' },
    },
    transactions,
    expects: { persistent: true, shared: false, rows: true, callerTransactions: true },
    open: async () => {
      const store = await SqliteStorage.open(await path());
      const dialect = new SqliteCallerDialect(await path(), 'full');
      store.callerTransactions = new TypeormCallerTransactions(dialect, () => store.journal.isOpen);
      return store;
    },
    destroy: async () => {
      await transactions.end();
      connection?.close();
      await folder.remove();
    },
  };
}

export function sqliteInMemory(): JournalBackend<Storage> {
  let first: Promise<SqliteStorage> | undefined;
  return {
    name: "sqlite ':memory:'",
    expects: { persistent: false, shared: false, rows: false, callerTransactions: false },
    open: async () => (await (first ??= SqliteStorage.open(':memory:'))).another(),
    destroy: async () => (await first)?.close(),
  };
}

/** The same store, with everything that carries values encrypted; a key was changed between two openings. */
export function encrypted<B extends JournalBackend<Storage>>(backend: B): B {
  const keys = { k1: Buffer.alloc(32, 1), k2: Buffer.alloc(32, 2) };
  let opened = 0;
  return {
    ...backend,
    name: `encrypted ${backend.name}`,
    open: async () =>
      encryptStorage(await backend.open(), new Keyring({ keys, current: opened++ % 2 === 0 ? 'k1' : 'k2' })),
  };
}

/** A simulated disk without faults: at once, or with every step a turn of the event loop apart. */
export function simDisk(speed: 'at once' | 'step by step'): JournalBackend<Storage> {
  const disk = new SimDisk({ choices: new SeededChoices(1), faults: { latencyMs: speed === 'at once' ? 0 : 3 } });
  const env = new SystemEnv();
  const clock: Pick<Env, 'schedule'> = {
    schedule: (fn) => {
      env.immediate(fn);
      return { cancel: () => undefined };
    },
  };
  return {
    name: `simulated disk, ${speed}`,
    expects: { persistent: true, shared: true, rows: false },
    open: () => Promise.resolve(disk.open(clock)),
    destroy: () => Promise.resolve(),
  };
}

export function checkpointsOf(backend: Backend<Storage>): Backend<CheckpointStorage> {
  return {
    name: backend.name,
    open: async () => {
      const { journal, checkpoints } = await backend.open();
      await journal.close();
      return checkpoints;
    },
    destroy: () => backend.destroy(),
  };
}

export function memorySnapshots(): Backend<PersistentStorage> {
  const store = new MemoryPersistentStorage();
  return { name: 'memory', open: () => Promise.resolve(store), destroy: () => Promise.resolve() };
}

export function fsCheckpoints(): Backend<CheckpointStorage> {
  const folder = temporaryFolder();
  return {
    name: 'fs',
    open: async () => new FsCheckpointStorage(join(await folder.path(), 'checkpoints')),
    destroy: folder.remove,
  };
}

/** Handles take turns at compressing, so that each reads what the other wrote. */
export function fsSnapshots(compressions: readonly ('none' | 'zstd')[]): Backend<PersistentStorage> {
  const folder = temporaryFolder();
  let opened = 0;
  return {
    name: `fs, compression ${compressions.join(' and ')}`,
    open: async () => {
      const compression = compressions[opened++ % compressions.length] as 'none' | 'zstd';
      return new FsPersistentStorage({ directory: join(await folder.path(), 'snapshots'), compression });
    },
    destroy: folder.remove,
  };
}

export function encryptedSnapshots(backend: Backend<PersistentStorage>): Backend<PersistentStorage> {
  const ring = new Keyring({ keys: { k1: Buffer.alloc(32, 1) }, current: 'k1' });
  return {
    ...backend,
    name: `encrypted ${backend.name}`,
    open: async () => encryptSnapshots(await backend.open(), ring),
  };
}

export interface TemporaryFolder {
  path(): Promise<string>;
  remove(): Promise<void>;
}

export function temporaryFolder(): TemporaryFolder {
  let made: Promise<string> | undefined;
  return {
    path: () => (made ??= mkdtemp(join(tmpdir(), 'plexspaces-'))),
    remove: async () => {
      if (made !== undefined) await rm(await made, { recursive: true });
    },
  };
}
