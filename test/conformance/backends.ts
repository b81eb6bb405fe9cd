import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CheckpointStorage, type Env, type PersistentStorage, type Storage, SystemEnv } from '#spi';
import { FsCheckpointStorage, FsPersistentStorage } from '#storage/fs';
import { MemoryPersistentStorage, MemoryStorage } from '#storage/memory';
import { SqliteStorage } from '#storage/sqlite';
import type { Backend, JournalBackend } from '#testing/conformance';
import { SeededChoices } from '../../libs/testing/src/simulation/choices';
import { SimDisk } from '../../libs/testing/src/simulation/disk';

export function memory(): JournalBackend<Storage> {
  const { tables } = new MemoryStorage();
  return {
    name: 'memory',
    expects: { persistent: false, shared: false },
    open: () => Promise.resolve(new MemoryStorage(tables)),
    destroy: () => Promise.resolve(),
  };
}

export function sqliteFile(): JournalBackend<Storage> {
  const folder = temporaryFolder();
  return {
    name: 'sqlite file',
    expects: { persistent: true, shared: false },
    open: async () => SqliteStorage.open(join(await folder.path(), 'journal.db')),
    destroy: folder.remove,
  };
}

export function sqliteInMemory(): JournalBackend<Storage> {
  let first: Promise<SqliteStorage> | undefined;
  return {
    name: "sqlite ':memory:'",
    expects: { persistent: false, shared: false },
    open: async () => (await (first ??= SqliteStorage.open(':memory:'))).another(),
    destroy: async () => (await first)?.close(),
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
    expects: { persistent: true, shared: true },
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
