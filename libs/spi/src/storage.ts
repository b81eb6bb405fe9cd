import type { CallerTransactions } from './caller-transactions';
import type { CheckpointStorage } from './checkpoint-storage';
import type { InboxStorage } from './inbox-storage';
import type { JournalStorage } from './journal-storage';
import type { LeaseStorage } from './lease-storage';
import type { RowCompiler } from './row-statement';
import type { TurnTransactions } from './turn-transactions';

/** What a storage module provides: one store, seen through its three ports. */
export interface Storage {
  readonly journal: JournalStorage;
  readonly inbox: InboxStorage;
  readonly checkpoints: CheckpointStorage;
  /** Where several processes can open it: who of them owns it (one at a time). */
  readonly leases?: LeaseStorage | undefined;
  /** Its options, with their defaults: what `durability({ backendConfig })` is held against. Default: none. */
  readonly openedWith?: Readonly<Record<string, unknown>>;
  /** Compiles `ctx.rows` where the application's entities lie in this store's database; needs `capabilities.rows`. */
  readonly rows?: RowCompiler | undefined;
  /** Accepts messages in transactions of the application's library; needs `capabilities.callerTransactions`. */
  readonly callerTransactions?: CallerTransactions | undefined;
  /** Runs `ctx.transact` where the application's DataSource is on this store's database; needs `capabilities.transact`. */
  readonly transactions?: TurnTransactions | undefined;
}

/** DI token of the {@link Storage} that `forRoot({ storage })` names. */
export const STORAGE = Symbol.for('plexspaces:storage');
