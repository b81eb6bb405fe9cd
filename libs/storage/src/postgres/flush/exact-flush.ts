import type { Client } from 'pg';
import { CorruptRecordError, failpoint, type Outcome, type RowRefusal, StoreBusyError } from '#spi';
import { ACTOR_STATUSES } from '../../sqlite/protocol';
import { isAboutOneWrite, isAboutStatement, isLockTimeout, isTransient, leavesConnection, messageOf } from '../driver';
import { numberOf } from '../stored-rows';
import { rowsOf } from '../session';
import type { Tables } from '../tables';
import type { ActorIds } from './actor-ids';
import { InboxChanges } from './inbox-changes';
import type { PackedAppend, PackedRow, PackedWrite, PackedWrites } from './packed-writes';
import { refusalOf, UserRows } from './user-rows';

/** How often a flush is run again that stood in another transaction's way. */
const ATTEMPTS = 5;

/**
 * A flush as one transaction, write by write, each under a savepoint: whatever happens to one of them, the others do not
 * notice (J5). For flushes that `FastFlush` cannot take, or has tried in vain.
 */
export class ExactFlush {
  private readonly inbox: InboxChanges;
  private readonly rows: UserRows;
  private readonly sql;
  /** Ids of head rows that this transaction made, with their names; committed with it or forgotten. */
  private made: [name: string, id: number][] = [];

  constructor(
    tables: Tables,
    private readonly ids: ActorIds,
    private readonly lockTimeoutMs: number,
  ) {
    const { actor, journal } = tables;
    this.inbox = new InboxChanges(tables);
    this.rows = new UserRows();
    this.sql = {
      lock: `SELECT id FROM ${actor} WHERE name = ANY ($1::text[]) ORDER BY id FOR NO KEY UPDATE`,
      move: `UPDATE ${actor} SET head = $2, epoch = $3, writer = $4, schema = $5, status = $6
        WHERE id = $1 AND head = $7 AND epoch = $8 AND ($9::boolean IS NOT TRUE OR writer = $4) RETURNING 1`,
      head: `SELECT head, epoch FROM ${actor} WHERE id = $1`,
      frame: `INSERT INTO ${journal} (actor, first_seq, entries, frame) VALUES ($1, $2, $3, $4)`,
    };
  }

  /** @throws StoreBusyError: nothing is stored; whatever else the server says */
  async run(client: Client, packed: PackedWrites): Promise<readonly Outcome[]> {
    try {
      return await this.together(client, packed, packed.writes);
    } catch (error) {
      if (!(error instanceof OpenConstraint)) throw error;
    }
    // Nothing is stored yet, and one of them must not take the others along.
    const outcomes: Outcome[] = [];
    for (const write of packed.writes) outcomes.push(await this.alone(client, packed, write));
    return outcomes;
  }

  /** One write. What it waits for is told as its own failure: by now others of its flush may be stored. */
  async alone(client: Client, packed: PackedWrites, write: PackedWrite): Promise<Outcome> {
    try {
      return (await this.together(client, packed, [write]))[0] as Outcome;
    } catch (error) {
      if (error instanceof OpenConstraint) return { kind: 'rejected', refusal: error.refusal };
      if (error instanceof StoreBusyError) return { kind: 'failed', reason: error.message, error };
      throw error;
    }
  }

  /** One append in a transaction that is open on `client`, whose end is its owner's: anything but `committed` is to be rolled back. */
  async within(client: Client, packed: PackedWrites): Promise<Outcome> {
    await this.lockHeads(client, packed.writes);
    return this.tryWrite(client, packed, packed.writes[0] as PackedWrite);
  }

  private async together(
    client: Client,
    packed: PackedWrites,
    writes: readonly PackedWrite[],
  ): Promise<readonly Outcome[]> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.transaction(client, packed, writes);
      } catch (error) {
        if (isLockTimeout(error)) throw new StoreBusyError('postgres', this.lockTimeoutMs, { cause: error });
        if (!isTransient(error) || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  private async transaction(
    client: Client,
    packed: PackedWrites,
    writes: readonly PackedWrite[],
  ): Promise<readonly Outcome[]> {
    this.made = [];
    await client.query('BEGIN');
    try {
      await this.lockHeads(client, writes);
      const outcomes: Outcome[] = [];
      for (const write of writes) {
        if (outcomes.length > 0) failpoint('group.midBatch');
        outcomes.push(await this.tryWrite(client, packed, write));
      }
      failpoint('commit.beforeCommit');
      await this.commit(client, writes);
      for (const [name, id] of this.made) this.ids.committed(name, id);
      return outcomes;
    } catch (error) {
      // It has ended by itself where the server refused the commit.
      if (leavesConnection(error) || error instanceof OpenConstraint) await client.query('ROLLBACK');
      throw error;
    }
  }

  /** Two nodes meet at the first head they share, and neither holds what the other waits for. */
  private async lockHeads(client: Client, writes: readonly PackedWrite[]): Promise<void> {
    const names = new Set(writes.flatMap((write) => (write.kind === 'append' ? [write.actor] : [])));
    await rowsOf(client, { name: 'ps-lock', text: this.sql.lock, values: [[...names]] });
  }

  private async commit(client: Client, writes: readonly PackedWrite[]): Promise<void> {
    try {
      await client.query('COMMIT');
    } catch (error) {
      // Our tables have no constraint that could wait until now; the user's may.
      const brings = writes.some((write) => write.kind === 'append' && write.rows !== undefined);
      throw brings && isAboutStatement(error) ? new OpenConstraint(refusalOf(null, error)) : error;
    }
  }

  /** A refused write leaves no trace, and its neighbours alone (J5). */
  private async tryWrite(client: Client, packed: PackedWrites, write: PackedWrite): Promise<Outcome> {
    const mark = this.made.length;
    await client.query('SAVEPOINT turn');
    try {
      const outcome = await (write.kind === 'append'
        ? this.append(client, packed, write)
        : this.accept(client, packed, write.row));
      if (outcome.kind === 'committed' || outcome.kind === 'accepted') await client.query('RELEASE SAVEPOINT turn');
      else await this.undo(client, mark);
      return outcome;
    } catch (error) {
      const isDamage = error instanceof CorruptRecordError;
      if (!isDamage && !isAboutOneWrite(error)) throw error;
      await this.undo(client, mark);
      return { kind: 'failed', reason: messageOf(error), ...(isDamage ? { error } : {}) };
    }
  }

  private async append(client: Client, packed: PackedWrites, write: PackedAppend): Promise<Outcome> {
    const { actor, expected, epoch, count, inbox, sends, rows } = write;
    const id = await this.obtain(client, actor);
    if (!(await this.moveHead(client, id, write))) {
      const [head] = await rowsOf(client, { name: 'ps-head', text: this.sql.head, values: [id] });
      const [seq, actual] = (head as readonly string[]).map(numberOf) as [number, number];
      return { kind: 'conflict', actual: { seq, epoch: actual } };
    }
    failpoint('commit.afterHead');
    if (count > 0) {
      const values = [id, expected.seq + 1, count, packed.slice(write.frame)];
      await rowsOf(client, { name: 'ps-frame', text: this.sql.frame, values });
    }
    failpoint('commit.afterJournal');
    for (const change of inbox) {
      const refusal = await this.inbox.change(client, packed, id, change);
      if (refusal === 'unknown')
        return { kind: 'failed', reason: `${actor} has no message ${change.id} to ${change.op}` };
      if (refusal === 'duplicate') return this.duplicate(client, actor, id, change.id);
    }
    failpoint('commit.afterInbox');
    for (const row of sends) await this.inbox.queue(client, packed, await this.obtain(client, row.actor), row); // known ids are skipped (J6)
    failpoint('commit.afterSends');
    const refusal = rows === undefined ? null : await this.rows.run(client, rows);
    if (refusal !== null) return { kind: 'rejected', refusal };
    return { kind: 'committed', head: { seq: expected.seq + count, epoch } };
  }

  private async moveHead(client: Client, id: number, write: PackedAppend): Promise<boolean> {
    const { expected, epoch, writer, schema, status, count } = write;
    const values = [
      id,
      expected.seq + count,
      epoch,
      writer,
      schema,
      ACTOR_STATUSES.indexOf(status),
      expected.seq,
      expected.epoch,
      write.continues === true,
    ];
    return (await rowsOf(client, { name: 'ps-move', text: this.sql.move, values })).length > 0;
  }

  private async accept(client: Client, packed: PackedWrites, row: PackedRow): Promise<Outcome> {
    const id = await this.obtain(client, row.actor);
    if (await this.inbox.queue(client, packed, id, row)) return { kind: 'accepted' };
    return this.duplicate(client, row.actor, id, row.id);
  }

  /** Looked up after the undo, so that the row is the one that was there before this write. */
  private async duplicate(client: Client, actor: string, id: number, message: string): Promise<Outcome> {
    await client.query('ROLLBACK TO SAVEPOINT turn');
    const row = await this.inbox.find(client, id, message);
    if (row === null) return { kind: 'failed', reason: `one write ends message ${message} of ${actor} twice` };
    return { kind: 'duplicate', row: { actor, ...row } };
  }

  private async obtain(client: Client, name: string): Promise<number> {
    const known = this.made.find(([made]) => made === name);
    if (known !== undefined) return known[1];
    const id = await this.ids.obtain(client, name);
    this.made.push([name, id]);
    return id;
  }

  private async undo(client: Client, mark: number): Promise<void> {
    await client.query('ROLLBACK TO SAVEPOINT turn; RELEASE SAVEPOINT turn');
    this.made.length = mark;
  }
}

/** A deferred constraint that was still open at COMMIT took the whole transaction along. */
class OpenConstraint extends Error {
  constructor(readonly refusal: RowRefusal) {
    super(refusal.reason);
  }
}
