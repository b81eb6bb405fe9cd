import type { Storage } from '#spi';
import { RedisCheckpointStorage } from './redis-checkpoint-storage';
import { RedisInboxStorage } from './redis-inbox-storage';
import { RedisJournalStorage } from './redis-journal-storage';
import { RedisLeaseStorage } from './redis-lease-storage';
import { type RedisOptions, targetOf } from './redis-options';
import { RedisStore } from './redis-store';

/** A Redis server or cluster as a store. The inbox closes with the journal it is written through. @publicApi */
export class RedisStorage implements Storage {
  readonly journal: RedisJournalStorage;
  readonly inbox: RedisInboxStorage;
  readonly checkpoints: RedisCheckpointStorage;

  private constructor(
    store: RedisStore,
    readonly leases: RedisLeaseStorage,
    readonly openedWith: Readonly<Record<string, unknown>>,
  ) {
    this.journal = new RedisJournalStorage(store);
    this.inbox = new RedisInboxStorage(store);
    this.checkpoints = new RedisCheckpointStorage(store.share());
  }

  /**
   * Connects, looks whether the server keeps what it acknowledges, and moves messages that a crash has left on their way.
   * @throws InvalidStorageOptionError, StorageUnavailableError, ServerTooOldError, UnsafeStorageError, SchemaTooNewError, MissingPackageError
   */
  static async open(options: string | RedisOptions): Promise<RedisStorage> {
    const target = targetOf(options);
    const { cluster, prefix, durability, trustServer, timeoutMs, database } = target;
    const endpoints = target.endpoints.map(({ host, port }) => `${host}:${port}`);
    const leases = await RedisLeaseStorage.open(target);
    try {
      const store = await RedisStore.open({ ...target, warn: () => undefined }); // the first connection has warned
      return new RedisStorage(store, leases, {
        endpoints,
        database,
        cluster,
        prefix,
        durability,
        trustServer,
        timeoutMs,
      });
    } catch (error) {
      await leases.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.journal.close(), this.checkpoints.close(), this.leases.close()]);
  }
}
