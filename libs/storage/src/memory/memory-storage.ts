import type { Storage } from '#spi';
import { MemoryCheckpointStorage } from './memory-checkpoint-storage';
import { MemoryInboxStorage } from './memory-inbox-storage';
import { MemoryJournalStorage } from './memory-journal-storage';
import { MemoryPort } from './memory-port';
import { MemoryTables } from './memory-tables';

/** All three ports over one set of tables. Another bundle over the same tables is like a second node on one database. */
export class MemoryStorage implements Storage {
  readonly journal: MemoryJournalStorage;
  readonly inbox: MemoryInboxStorage;
  readonly checkpoints: MemoryCheckpointStorage;

  constructor(readonly tables = new MemoryTables()) {
    const port = new MemoryPort();
    this.journal = new MemoryJournalStorage(tables, port);
    this.inbox = new MemoryInboxStorage(tables, port);
    this.checkpoints = new MemoryCheckpointStorage(tables);
  }

  async close(): Promise<void> {
    await Promise.all([this.journal.close(), this.checkpoints.close()]);
  }
}
