import type { CallerOutcome, NewInboxRow } from '#spi';
import { ACTOR_SQL } from './actor-ids';
import { type Connection, isAboutOneRow } from './driver';
import { InboxTable } from './inbox-table';
import { ACTOR_STATUSES, inboxRow, rowTuple } from './protocol';

/**
 * Inbox rows over a connection of the application, inside its transaction and without an `await`, so that nothing of the
 * application comes in between. Ids of actors are never kept here: the transaction may be rolled back (A1).
 */
export class CallerInbox {
  private readonly inbox: InboxTable;
  private readonly takeLock;
  private readonly selectActor;
  private readonly insertActor;

  constructor(private readonly connection: Connection) {
    this.inbox = new InboxTable(connection);
    this.takeLock = connection.prepare('UPDATE ps_actor SET head = head WHERE 0');
    this.selectActor = connection
      .prepare<[string], [id: number, status: number]>('SELECT id, status FROM ps_actor WHERE name = ?')
      .raw();
    this.insertActor = connection.prepare<[string], number>(ACTOR_SQL.insert).pluck();
  }

  accept(row: NewInboxRow, mustExist: boolean): CallerOutcome {
    // Before anything is read: in a transaction that has read, SQLite waits for nobody's lock, and refuses one that is behind.
    this.takeLock.run();
    const [id, status] = this.selectActor.get(row.actor) ?? [null, 0];
    const standing = ACTOR_STATUSES[status] ?? 'absent';
    if (mustExist && standing !== 'live') return { kind: 'missing', status: standing };
    try {
      const actor = id ?? (this.insertActor.get(row.actor) as number);
      if (this.inbox.queue(actor, rowTuple(row))) return { kind: 'accepted' };
      const known = this.inbox.find(actor, row.id);
      if (known !== null) return { kind: 'duplicate', row: inboxRow(row.actor, known) };
      return { kind: 'failed', reason: `message ${row.id} of ${row.actor} is neither stored nor new` };
    } catch (error) {
      if (!isAboutOneRow(error)) throw error;
      return { kind: 'failed', reason: (error as Error).message };
    }
  }

  /** Was the connection told to wait for the disk? What it commits counts as accepted. @returns the setting as SQLite numbers it */
  get synchronous(): number {
    return Number(this.connection.pragma('synchronous', { simple: true }));
  }

  get isInTransaction(): boolean {
    return this.connection.inTransaction;
  }
}
