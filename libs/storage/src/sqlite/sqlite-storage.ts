import type { CallerTransactions, RowCompiler, Storage } from '#spi';
import { SqliteCheckpointStorage } from './sqlite-checkpoint-storage';
import { type Preparation, SqliteFile, type SqliteOptions } from './sqlite-file';
import { SqliteInboxStorage } from './sqlite-inbox-storage';
import { SqliteJournalStorage } from './sqlite-journal-storage';

/** One SQLite file, or ':memory:', as a store. The inbox closes with the journal it is written through. */
export class SqliteStorage implements Storage {
  readonly journal: SqliteJournalStorage;
  readonly inbox: SqliteInboxStorage;
  readonly checkpoints: SqliteCheckpointStorage;
  /** Given by whoever knows the application's entities; the store itself only runs statements. */
  rows: RowCompiler | undefined;
  /** Given by whoever knows the application's library; a file of a store that is opened without one has none. */
  callerTransactions: CallerTransactions | undefined;

  private constructor(
    private readonly file: SqliteFile,
    readonly openedWith: Readonly<Record<string, unknown>>,
  ) {
    this.journal = new SqliteJournalStorage(file);
    this.inbox = new SqliteInboxStorage(file);
    this.checkpoints = new SqliteCheckpointStorage(file.share());
  }

  /**
   * Makes the folder and the file where there are none. Another `open` of the same file in this process shares it.
   * @throws StorageInUseError, StorageUnavailableError, SchemaTooNewError, UnsafeStorageError, MissingPackageError
   */
  static async open(path: string, options?: SqliteOptions, prepare?: Preparation): Promise<SqliteStorage> {
    const openedWith = { path, durability: 'full', maxBytes: 0, ...options };
    return new SqliteStorage(await SqliteFile.open(path, options, prepare), openedWith);
  }

  /** A second handle on the same data, also where that is in memory only; closed on its own. */
  another(): SqliteStorage {
    return new SqliteStorage(this.file.share(), this.openedWith);
  }

  async close(): Promise<void> {
    await Promise.all([this.journal.close(), this.checkpoints.close()]);
  }
}
