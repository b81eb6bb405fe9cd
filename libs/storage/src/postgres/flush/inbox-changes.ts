import type { Client } from 'pg';
import { rowsOf } from '../session';
import { INBOX_COLUMNS, type StoredRow, storedRow } from '../stored-rows';
import type { Tables } from '../tables';
import { DONE, OPEN, PARKED, QUEUED } from './fast-plan';
import type { PackedChange, PackedRow, PackedWrites } from './packed-writes';

/** The inbox rows, as the exact way changes them: one statement each, inside its transaction. */
export class InboxChanges {
  private readonly sql;

  constructor({ inbox }: Tables) {
    this.sql = {
      insert: `INSERT INTO ${inbox} (actor, id, state, args_hash, message, attempts, due_at, answer, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING RETURNING 1`,
      open: `UPDATE ${inbox} SET state = ${OPEN} WHERE id = $1 AND actor = $2 AND state < ${DONE} RETURNING 1`,
      attempt: `UPDATE ${inbox} SET attempts = $3, due_at = $4 WHERE id = $1 AND actor = $2 AND state < ${DONE} RETURNING 1`,
      end: `UPDATE ${inbox} SET state = $3::smallint, args_hash = $4, answer = $5, expires_at = $6, due_at = NULL,
          message = CASE $3::smallint WHEN ${DONE} THEN NULL ELSE message END
        WHERE id = $1 AND actor = $2 AND state < ${DONE} RETURNING 1`,
      revive: `UPDATE ${inbox} SET state = ${QUEUED}, args_hash = $3, message = $4, attempts = $5, due_at = $6, answer = NULL,
          expires_at = NULL
        WHERE id = $1 AND actor = $2 AND state = ${PARKED} RETURNING 1`,
      find: `SELECT ${INBOX_COLUMNS} FROM ${inbox} WHERE id = $1 AND actor = $2`,
    };
  }

  /** @returns whether the id was new. */
  queue(client: Client, packed: PackedWrites, actor: number, row: PackedRow): Promise<boolean> {
    return this.insert(client, packed, actor, row, QUEUED);
  }

  async find(client: Client, actor: number, id: string): Promise<StoredRow | null> {
    const [row] = await this.run(client, 'find', [id, actor]);
    return row === undefined ? null : storedRow(row);
  }

  /** @returns `null` when the change is made, else why it is not. */
  async change(
    client: Client,
    packed: PackedWrites,
    actor: number,
    change: PackedChange,
  ): Promise<'duplicate' | 'unknown' | null> {
    if (await this.apply(client, packed, actor, change)) return null;
    if ('sparesEnded' in change) return null; // what it did not touch has ended
    return (await this.find(client, actor, change.id)) === null ? 'unknown' : 'duplicate';
  }

  /** @returns whether there was a row to change, or room for a new one (`decideInboxChange` in other words). */
  private async apply(client: Client, packed: PackedWrites, actor: number, change: PackedChange): Promise<boolean> {
    const { id, op } = change;
    if (op === 'attempt') return this.did(client, 'attempt', [id, actor, change.attempts, change.dueAt]);
    if (op === 'open') {
      if (change.row === null) return this.did(client, 'open', [id, actor]);
      return this.insert(client, packed, actor, change.row, OPEN);
    }
    if (op === 'revive') {
      const { argsHash, message, attempts, dueAt } = change.row;
      return this.did(client, 'revive', [id, actor, argsHash, packed.slice(message), attempts, dueAt]);
    }
    const { argsHash, answer, expiresAt, fresh } = change;
    const [state, bytes] = [op === 'done' ? DONE : PARKED, packed.slice(answer)];
    if (fresh) return this.did(client, 'insert', [actor, id, state, argsHash, null, 0, null, bytes, expiresAt]);
    return this.did(client, 'end', [id, actor, state, argsHash, bytes, expiresAt]);
  }

  private insert(client: Client, packed: PackedWrites, actor: number, row: PackedRow, state: number): Promise<boolean> {
    const { id, argsHash, message, attempts, dueAt } = row;
    return this.did(client, 'insert', [actor, id, state, argsHash, packed.slice(message), attempts, dueAt, null, null]);
  }

  private async did(client: Client, name: keyof InboxChanges['sql'], values: unknown[]): Promise<boolean> {
    return (await this.run(client, name, values)).length > 0;
  }

  private run(client: Client, name: keyof InboxChanges['sql'], values: unknown[]) {
    return rowsOf(client, { name: `ps-${name}`, text: this.sql[name], values });
  }
}
