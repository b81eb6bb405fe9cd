import type { DataSource, QueryRunner } from 'typeorm';
import { type CallerOutcome, type CallerRow, InvalidTransactionError, StoreBusyError, UnsafeStorageError } from '#spi';
import { CallerInbox } from '../sqlite/caller-inbox';
import { BUSY_TIMEOUT_MS } from '../sqlite/connection';
import { type Connection, codeOf, isBusy } from '../sqlite/driver';
import { depthOf } from './commit-watch';
import { whyOtherFile } from './same-database';
import { type CallerDialect, notOpen } from './typeorm-caller-transactions';

const FULL = 2;

/**
 * Transactions of a better-sqlite3 DataSource on the journal's file. All of it shares one connection and one QueryRunner, so
 * a second transaction that is begun while one is open becomes a savepoint inside it, and shares its end (TypeORM): what was
 * accepted there could be undone by somebody else's failure, and is refused.
 */
export class SqliteCallerDialect implements CallerDialect {
  readonly store = 'sqlite';
  private readonly inboxes = new WeakMap<Connection, CallerInbox>();

  constructor(
    private readonly path: string,
    private readonly durability: 'full' | 'relaxed',
  ) {}

  whyOtherDatabase(dataSource: DataSource): Promise<string | null> {
    return whyOtherFile(dataSource, this.path);
  }

  async accept(runner: QueryRunner, message: CallerRow, written: () => void): Promise<CallerOutcome> {
    const inbox = this.inboxOf((await runner.connect()) as Connection);
    // From here on without an await: nobody may end the transaction between the look at it and the insert.
    const { actor } = message.row;
    if (!runner.isTransactionActive || !inbox.isInTransaction) throw notOpen(actor);
    if (depthOf(runner) > 1)
      throw new InvalidTransactionError(
        actor,
        'was begun while another one was open on the same connection, which makes it a part of that one',
        'Tell in the outermost transaction, and run transactions of one better-sqlite3 DataSource one after another.',
      );
    if (this.durability === 'full' && inbox.synchronous < FULL)
      throw new UnsafeStorageError(
        'synchronous of your DataSource',
        'below FULL',
        "FULL, also where a message is accepted by your commit: prepareDatabase: (db) => db.pragma('synchronous = FULL')",
      );
    const outcome = this.insert(inbox, message);
    if (outcome.kind === 'accepted') written();
    return outcome;
  }

  private insert(inbox: CallerInbox, { row, mustExist }: CallerRow): CallerOutcome {
    try {
      return inbox.accept(row, mustExist);
    } catch (error) {
      if (codeOf(error) === 'SQLITE_BUSY_SNAPSHOT')
        throw new InvalidTransactionError(
          row.actor,
          'has read what was changed since, so that SQLite lets it write no more',
          'Run it again, and write in it before you read.',
        );
      throw isBusy(error) ? new StoreBusyError(this.store, BUSY_TIMEOUT_MS, { cause: error }) : error;
    }
  }

  private inboxOf(connection: Connection): CallerInbox {
    let inbox = this.inboxes.get(connection);
    if (inbox === undefined) this.inboxes.set(connection, (inbox = new CallerInbox(connection)));
    return inbox;
  }
}
