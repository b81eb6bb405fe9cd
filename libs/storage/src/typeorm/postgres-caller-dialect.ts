import type { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { type CallerOutcome, type CallerRow, UnsafeStorageError } from '#spi';
import type { PostgresDatabase } from '../postgres/postgres-database';
import { rowsOf } from '../postgres/session';
import { INBOX_COLUMNS, storedRow } from '../postgres/stored-rows';
import { ACTOR_STATUSES } from '../sqlite/protocol';
import { type CallerDialect, notOpen } from './typeorm-caller-transactions';

/**
 * Transactions of a postgres DataSource on the journal's database. Each has a connection of its own, over which statements
 * go one after another: the number of the transaction tells whether it is still the same one when they get there.
 */
export class PostgresCallerDialect implements CallerDialect {
  readonly store = 'postgres';
  private readonly sql;

  constructor(
    private readonly database: PostgresDatabase,
    readonly whyOtherDatabase: (dataSource: DataSource) => Promise<string | null>,
  ) {
    const { actor, inbox } = database.tables;
    this.sql = {
      look: `SELECT txid_current(), current_setting('synchronous_commit'), set_config('bytea_output', 'hex', true), a.id, a.status
        FROM (SELECT 1) AS one LEFT JOIN ${actor} a ON a.name = $1`,
      select: `SELECT id FROM ${actor} WHERE name = $1`,
      make: `INSERT INTO ${actor} (name, head, epoch, writer, schema, status) SELECT $1, 0, 0, '', 0, 0
        WHERE txid_current() = $2 ON CONFLICT (name) DO NOTHING RETURNING id`,
      insert: `INSERT INTO ${inbox} (actor, id, state, args_hash, message, attempts, due_at)
        SELECT $1, $2, 0, $3, $4, $5, $6 WHERE txid_current() = $7 ON CONFLICT DO NOTHING RETURNING 1`,
      find: `SELECT txid_current(), ${INBOX_COLUMNS} FROM ${inbox} WHERE id = $1 AND actor = $2`,
    };
  }

  async accept(runner: QueryRunner, { row, mustExist }: CallerRow, written: () => void): Promise<CallerOutcome> {
    const client = (await runner.connect()) as Client;
    const { actor, id, argsHash, message, attempts, dueAt } = row;
    const [look = []] = await rowsOf(client, { text: this.sql.look, values: [actor] });
    const [transaction, synchronous, , known = null, status = null] = look;
    if (!runner.isTransactionActive) throw notOpen(actor);
    if (synchronous === 'off' && this.database.options.durability === 'full')
      throw new UnsafeStorageError(
        'synchronous_commit of your transaction',
        'off',
        'on, also where a message is accepted by your commit',
      );
    const standing = ACTOR_STATUSES[Number(status ?? 0)] ?? 'absent';
    if (mustExist && standing !== 'live') return { kind: 'missing', status: standing };
    const number = known ?? (await this.make(client, actor, transaction as string));
    const bytes = Buffer.from(message);
    const values = [number, id, argsHash, bytes, attempts, dueAt, transaction];
    const inserted = await rowsOf(client, { text: this.sql.insert, values });
    if (inserted.length > 0) {
      written();
      return { kind: 'accepted' };
    }
    const [found] = await rowsOf(client, { text: this.sql.find, values: [id, number] });
    if (found === undefined || found[0] !== transaction) throw notOpen(actor);
    return { kind: 'duplicate', row: { actor, ...storedRow(found.slice(1)) } };
  }

  /** Another transaction that makes the same row makes this one wait, and then find it. */
  private async make(client: Client, actor: string, transaction: string): Promise<string> {
    for (;;) {
      for (const query of [
        { text: this.sql.make, values: [actor, transaction] },
        { text: this.sql.select, values: [actor] },
      ]) {
        const [made] = await rowsOf(client, query);
        if (made !== undefined) return made[0] as string;
      }
      const [now] = await rowsOf(client, { text: 'SELECT txid_current()' });
      if (now?.[0] !== transaction) throw notOpen(actor);
    }
  }
}
