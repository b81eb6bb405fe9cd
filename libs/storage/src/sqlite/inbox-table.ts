import type { Connection } from './driver';
import { type ChangeTuple, type RowTuple, type StoredTuple } from './protocol';

const COLUMNS = 'id, args_hash, state, message, attempts, due_at, answer, expires_at';
/** Queued and open messages are those below `done`. */
const [QUEUED, OPEN, DONE, PARKED] = [0, 1, 2, 3] as const;

/** The inbox rows, as the writer changes them inside its transaction. */
export class InboxTable {
  private readonly insertRow;
  private readonly insertEnded;
  private readonly setOpen;
  private readonly setAttempt;
  private readonly setEnded;
  private readonly setRevived;
  private readonly selectState;
  private readonly selectRow;

  constructor(connection: Connection) {
    this.insertRow = connection.prepare(
      'INSERT INTO ps_inbox (actor, id, state, args_hash, message, attempts, due_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.insertEnded = connection.prepare(
      'INSERT INTO ps_inbox (actor, id, state, args_hash, attempts, answer, expires_at) VALUES (?, ?, ?, ?, 0, ?, ?) ON CONFLICT DO NOTHING',
    );
    this.setOpen = connection.prepare(
      `UPDATE ps_inbox SET state = ${OPEN} WHERE id = ? AND actor = ? AND state < ${DONE}`,
    );
    this.setAttempt = connection.prepare(
      `UPDATE ps_inbox SET attempts = ?, due_at = ? WHERE id = ? AND actor = ? AND state < ${DONE}`,
    );
    this.setEnded = connection.prepare(
      `UPDATE ps_inbox SET state = ?, args_hash = ?, answer = ?, expires_at = ?, due_at = NULL,
         message = CASE ? WHEN ${DONE} THEN NULL ELSE message END
         WHERE id = ? AND actor = ? AND state < ${DONE}`,
    );
    this.setRevived = connection.prepare(
      `UPDATE ps_inbox SET state = ${QUEUED}, args_hash = ?, message = ?, attempts = ?, due_at = ?, answer = NULL,
         expires_at = NULL WHERE id = ? AND actor = ? AND state = ${PARKED}`,
    );
    this.selectState = connection
      .prepare<[string, number], number>('SELECT state FROM ps_inbox WHERE id = ? AND actor = ?')
      .pluck();
    this.selectRow = connection
      .prepare<[string, number], StoredTuple>(`SELECT ${COLUMNS} FROM ps_inbox WHERE id = ? AND actor = ?`)
      .raw();
  }

  /** @returns whether the id was new. */
  queue(actor: number, row: RowTuple): boolean {
    return this.insert(actor, row, QUEUED);
  }

  find(actor: number, id: string): StoredTuple | null {
    return this.selectRow.get(id, actor) ?? null;
  }

  /** @returns `null` when the change is made, else why it is not. */
  change(actor: number, change: ChangeTuple): 'duplicate' | 'unknown' | null {
    // One statement in the usual case: each touches only what the rules allow, and a row is looked at when it touched none.
    if (this.apply(actor, change)) return null;
    if (isEnd(change) && change[6]) return null; // what it did not touch has ended
    return this.selectState.get(change[1], actor) === undefined ? 'unknown' : 'duplicate';
  }

  /** @returns whether there was a row to change, or room for a new one (`decideInboxChange` in other words). */
  private apply(actor: number, change: ChangeTuple): boolean {
    if (isEnd(change)) return change[5] ? this.insertEnd(actor, change) : this.end(actor, change);
    if (change[0] === 'attempt') return this.setAttempt.run(change[2], change[3], change[1], actor).changes > 0;
    if (change[0] === 'revive') return this.revive(actor, change[2]);
    if (change[2] === null) return this.setOpen.run(change[1], actor).changes > 0;
    return this.insert(actor, change[2], OPEN);
  }

  private end(actor: number, [op, id, argsHash, answer, expiresAt]: EndTuple): boolean {
    const state = stateOf(op);
    return this.setEnded.run(state, argsHash, answer, expiresAt, state, id, actor).changes > 0;
  }

  private insertEnd(actor: number, [op, id, argsHash, answer, expiresAt]: EndTuple): boolean {
    return this.insertEnded.run(actor, id, stateOf(op), argsHash, answer, expiresAt).changes > 0;
  }

  private revive(actor: number, [, id, argsHash, message, attempts, dueAt]: RowTuple): boolean {
    return this.setRevived.run(argsHash, message, attempts, dueAt, id, actor).changes > 0;
  }

  private insert(actor: number, [, id, argsHash, message, attempts, dueAt]: RowTuple, state: number): boolean {
    return this.insertRow.run(actor, id, state, argsHash, message, attempts, dueAt).changes > 0;
  }
}

type EndTuple = Extract<ChangeTuple, readonly ['done' | 'parked', ...unknown[]]>;

function isEnd(change: ChangeTuple): change is EndTuple {
  return change[0] === 'done' || change[0] === 'parked';
}

function stateOf(op: 'done' | 'parked'): number {
  return op === 'done' ? DONE : PARKED;
}
