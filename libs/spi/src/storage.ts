import type { CheckpointStorage } from './checkpoint-storage';
import type { InboxStorage } from './inbox-storage';
import type { JournalStorage } from './journal-storage';

/** What a storage module provides: one store, seen through its three ports. */
export interface Storage {
  readonly journal: JournalStorage;
  readonly inbox: InboxStorage;
  readonly checkpoints: CheckpointStorage;
  /** Its options, with their defaults: what `durability({ backendConfig })` is held against. Default: none. */
  readonly openedWith?: Readonly<Record<string, unknown>>;
}

/** DI token of the {@link Storage} that `forRoot({ storage })` names. */
export const STORAGE = Symbol.for('plexspaces:storage');
