import { openStore, type Store } from '../servers/store';
import type { StorageName } from './storage-name';

/** Named numbers that one run of a case yields. The unit is part of the name: `opsPerSecond`, `p50Ms`, `bytesPerActor`. */
export type Figures = Readonly<Record<string, number>>;

/** What a case is given. */
export interface Bench {
  /** A folder of its own on the disk of the repository, removed afterwards. */
  readonly folder: string;
  /** What the run is to be measured on. */
  readonly storage: StorageName;
  /** A storage of this kind, made when it is first asked for, gone when the case has ended. */
  store(storage?: StorageName): Promise<Store>;
  /** How often to do something that a full run does `full` times; at least `least`. */
  times(full: number, least?: number): number;
}

/** Runs alone in a process of its own; whatever it warms up or leaves behind disturbs no other case. */
export type Case = (bench: Bench) => Promise<Figures>;

/** The bench and what ends the stores that it has handed out. */
export function makeBench(folder: string, storage: StorageName, scale: number): Bench & { close(): Promise<void> } {
  const stores = new Map<StorageName, Promise<Store>>();
  return {
    folder,
    storage,
    store: (name = storage) => {
      const store = stores.get(name) ?? openStore(name, folder);
      stores.set(name, store);
      return store;
    },
    times: (full, least = 1) => Math.max(least, Math.round(full * scale)),
    close: async () => {
      for (const store of await Promise.allSettled(stores.values()))
        if (store.status === 'fulfilled') await store.value.close();
    },
  };
}
