import type { CallerTransactions, RowCompiler, Storage, TurnTransactions } from '#spi';
import type { PostgresAddress, PostgresOptions } from './options';
import { PostgresCheckpointStorage } from './postgres-checkpoint-storage';
import { PostgresDatabase, type Preparation } from './postgres-database';
import { PostgresInboxStorage } from './postgres-inbox-storage';
import { PostgresJournalStorage } from './postgres-journal-storage';
import { PostgresLeaseStorage } from './postgres-lease-storage';

/** A schema of a Postgres database as a store. The inbox closes with the journal it is written through. */
export class PostgresStorage implements Storage {
  readonly journal: PostgresJournalStorage;
  readonly inbox: PostgresInboxStorage;
  readonly checkpoints: PostgresCheckpointStorage;
  readonly leases: PostgresLeaseStorage;
  /** Given by whoever knows the application's entities; the store itself only runs statements. */
  rows: RowCompiler | undefined;
  callerTransactions: CallerTransactions | undefined;
  transactions: TurnTransactions | undefined;

  private constructor(
    /** For what writes beside it, in transactions of the application. */
    readonly database: PostgresDatabase,
    readonly openedWith: Readonly<Record<string, unknown>>,
  ) {
    this.journal = new PostgresJournalStorage(database);
    this.inbox = new PostgresInboxStorage(database);
    this.checkpoints = new PostgresCheckpointStorage(database.share());
    this.leases = new PostgresLeaseStorage(database.share());
  }

  /**
   * Makes schema and tables where there are none (`migrate`), and refuses a server that would lose acknowledged writes.
   * @throws StorageUnavailableError, ServerTooOldError, UnsafeStorageError, SchemaTooNewError, SchemaOutdatedError,
   *   InvalidStorageOptionError, InvalidDurationError, MissingPackageError
   */
  static async open(
    address: PostgresAddress,
    options?: PostgresOptions,
    prepare?: Preparation,
  ): Promise<PostgresStorage> {
    const database = await PostgresDatabase.open(address, options, prepare);
    return new PostgresStorage(database, { url: database.label, ...database.options });
  }

  /** The address, without its password. */
  get label(): string {
    return this.database.label;
  }

  /** What the server says of itself, as text. @throws StoreFailedError */
  async ask(sql: string): Promise<string | null> {
    const [row] = await this.database.query({ text: sql });
    return row?.[0] ?? null;
  }

  async close(): Promise<void> {
    await Promise.all([this.journal.close(), this.checkpoints.close(), this.leases.close()]);
  }
}
