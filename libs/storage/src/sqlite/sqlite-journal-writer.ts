import { failpoint } from '#spi';
import type { ActorIds } from './actor-ids';
import { type Connection, codeOf, isAboutOneRow, isBusy } from './driver';
import { InboxTable } from './inbox-table';
import type { AppendTuple, OutcomeTuple, RowTuple, WriteTuple } from './protocol';
import { BrokenTransaction, RowStatements, refusalOf } from './row-statements';

/**
 * Runs on the worker thread that owns the file's only writing connection; the user's DataSource never sees it.
 *
 * Nothing is awaited between BEGIN and COMMIT: on a shared connection another statement would slip into the
 * transaction and vanish with it. The head row picks the winner of a race (J2). The key (actor, first_seq) is a
 * second check only: alone it accepts a stale append below a truncation.
 */
export class SqliteJournalWriter {
  private readonly inbox: InboxTable;
  private readonly rows: RowStatements;
  private readonly begin;
  private readonly commit;
  private readonly rollback;
  private readonly savepoint;
  private readonly release;
  private readonly rollbackTo;
  private readonly moveHead;
  private readonly selectHead;
  private readonly insertFrame;

  constructor(
    private readonly connection: Connection,
    private readonly ids: ActorIds,
  ) {
    this.inbox = new InboxTable(connection);
    this.rows = new RowStatements(connection);
    this.begin = connection.prepare('BEGIN IMMEDIATE');
    this.commit = connection.prepare('COMMIT');
    this.rollback = connection.prepare('ROLLBACK');
    this.savepoint = connection.prepare('SAVEPOINT turn');
    this.release = connection.prepare('RELEASE turn');
    this.rollbackTo = connection.prepare('ROLLBACK TO turn');
    this.moveHead = connection.prepare(
      'UPDATE ps_actor SET head = ?, epoch = ?, writer = ?, schema = ?, status = ? ' +
        'WHERE id = ? AND head = ? AND epoch = ? AND (writer = ? OR NOT ?)',
    );
    this.selectHead = connection
      .prepare<[number], [number, number]>('SELECT head, epoch FROM ps_actor WHERE id = ?')
      .raw();
    this.insertFrame = connection.prepare(
      'INSERT INTO ps_journal (actor, first_seq, entries, frame) VALUES (?, ?, ?, ?)',
    );
  }

  /** One group commit, one outcome per write. After a throw nothing is known: read the head rows back (P10). */
  flush(writes: readonly WriteTuple[]): readonly OutcomeTuple[] {
    failpoint('commit.beforeBegin');
    try {
      return this.commitTogether(writes);
    } catch (error) {
      if (!(error instanceof BrokenTransaction)) throw error;
      return writes.map((write) => this.commitAlone(write)); // nothing is stored yet, and one of them must not take the others along
    }
  }

  private commitTogether(writes: readonly WriteTuple[]): readonly OutcomeTuple[] {
    this.begin.run();
    try {
      const outcomes = writes.map((write, i) => {
        if (i > 0) failpoint('group.midBatch');
        return this.tryWrite(write);
      });
      failpoint('commit.beforeCommit');
      this.runCommit();
      this.ids.committed();
      return outcomes;
    } finally {
      this.ids.forget(0); // nothing after a commit
      if (this.connection.inTransaction) this.rollback.run();
    }
  }

  /** What it waits for is told as its own failure: by now others of the flush may be stored. */
  private commitAlone(write: WriteTuple): OutcomeTuple {
    try {
      return this.commitTogether([write])[0] as OutcomeTuple;
    } catch (error) {
      if (error instanceof BrokenTransaction) return ['rejected', error.refusal];
      if (isBusy(error)) return ['failed', (error as Error).message];
      throw error;
    }
  }

  private runCommit(): void {
    try {
      this.commit.run();
    } catch (error) {
      // Our tables have no constraint that could wait until now; the user's may.
      throw codeOf(error).startsWith('SQLITE_CONSTRAINT') ? new BrokenTransaction(refusalOf(null, error)) : error;
    }
  }

  /** A refused write leaves no trace, and its neighbours alone (J5). */
  private tryWrite(write: WriteTuple): OutcomeTuple {
    const mark = this.ids.mark();
    this.savepoint.run();
    try {
      const outcome = isAppend(write) ? this.append(write) : this.accept(write);
      if (outcome !== null) this.undo(mark);
      return outcome;
    } catch (error) {
      if (!isAboutOneRow(error)) throw error;
      this.undo(mark);
      return ['failed', (error as Error).message];
    } finally {
      if (this.connection.inTransaction) this.release.run();
    }
  }

  private append(write: AppendTuple): OutcomeTuple {
    const [actor, seq, expectedEpoch, epoch, writer, continues, schema, status, count, frame, inbox, sends, rows] =
      write;
    const id = this.ids.obtain(actor);
    const moved = this.moveHead.run(
      seq + count,
      epoch,
      writer,
      schema,
      status,
      id,
      seq,
      expectedEpoch,
      writer,
      continues,
    );
    if (moved.changes === 0) return ['conflict', ...(this.selectHead.get(id) as [number, number])];
    failpoint('commit.afterHead');

    if (frame !== null) this.insertFrame.run(id, seq + 1, count, frame);
    failpoint('commit.afterJournal');

    for (const change of inbox) {
      const refusal = this.inbox.change(id, change);
      if (refusal === 'unknown') return ['failed', `${actor} has no message ${change[1]} to ${change[0]}`];
      if (refusal === 'duplicate') return this.duplicate(actor, id, change[1]);
    }
    failpoint('commit.afterInbox');
    for (const row of sends) this.inbox.queue(this.ids.obtain(row[0]), row); // known ids are skipped (J6)
    failpoint('commit.afterSends');

    const refusal = rows === undefined ? null : this.rows.run(rows);
    if (refusal === null) return null;
    if (!this.connection.inTransaction) throw new BrokenTransaction(refusal);
    return ['rejected', refusal];
  }

  private accept(row: RowTuple): OutcomeTuple {
    const id = this.ids.obtain(row[0]);
    return this.inbox.queue(id, row) ? null : this.duplicate(row[0], id, row[1]);
  }

  /** Looked up after the undo, so that the row is the one that was there before this write. */
  private duplicate(actor: string, id: number, message: string): OutcomeTuple {
    this.rollbackTo.run();
    const row = this.inbox.find(id, message);
    return row === null ? ['failed', `one write ends message ${message} of ${actor} twice`] : ['duplicate', row];
  }

  private undo(mark: number): void {
    this.rollbackTo.run();
    this.ids.forget(mark);
  }
}

function isAppend(write: WriteTuple): write is AppendTuple {
  return write.length >= 11;
}
