import type { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { RowsDatabaseError, type TurnTransaction, type TurnTransactions } from '#spi';
import { sqlState } from '../postgres/driver';
import { THIS_BACKEND } from '../postgres/lost-backend';
import type { PostgresDatabase } from '../postgres/postgres-database';
import { rowsOf } from '../postgres/session';
import { PostgresTurnTransaction } from './postgres-turn-transaction';

/** Settings of one transaction: how long it may wait for its handler, and that its commit waits for the disk. */
const PREPARE = `SELECT session.*, session_user, set_config('bytea_output', 'hex', true),
  set_config('idle_in_transaction_session_timeout', $1, true),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, true)
  FROM (${THIS_BACKEND}) AS session`;

/** May the store see sessions of that role in pg_stat_activity, and end them? */
const MAY_END = `SELECT pg_has_role(oid, 'USAGE') OR (NOT rolsuper AND pg_has_role('pg_read_all_stats', 'USAGE')
  AND pg_has_role('pg_signal_backend', 'USAGE')) FROM pg_roles WHERE rolname = $1`;

/** Transactions of `ctx.transact`: each on a connection of the application's DataSource, beside the writer's (Z3). */
export class TypeormTransactions implements TurnTransactions {
  /** Whose sessions can be ended. */
  private readonly roles = new Set<string>();

  constructor(
    private readonly dataSource: DataSource,
    private readonly database: PostgresDatabase,
  ) {}

  async begin(limitMs: number): Promise<TurnTransaction> {
    const { dataSource, database } = this;
    database.check();
    if (!dataSource.isInitialized)
      throw new RowsDatabaseError('The DataSource', 'is not initialized', database.label, 'Initialize it first.');
    const runner: QueryRunner = dataSource.createQueryRunner('master');
    try {
      await runner.startTransaction();
      const client = (await runner.connect()) as Client;
      const limit = String(Math.min(Math.max(1, Math.ceil(limitMs)), 2 ** 31 - 1));
      const [row = []] = await rowsOf(client, { text: PREPARE, values: [limit] });
      const [pid, startedAt, role] = row as [string, string, string];
      await this.checkRole(role);
      return new PostgresTurnTransaction(database, runner, client, { pid, startedAt });
    } catch (error) {
      // The pool would hand it on as it is, unless it is broken, as where not even this is possible.
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
      throw error;
    }
  }

  /** Else what became of a commit whose connection broke could not be known (E3). @throws RowsDatabaseError */
  private async checkRole(role: string): Promise<void> {
    if (this.roles.has(role)) return;
    const { database } = this;
    const [row] = await database.query({ text: MAY_END, values: [role] });
    if (row?.[0] !== 't')
      throw new RowsDatabaseError(
        'The DataSource',
        `connects as ${role}, whose sessions the journal’s role can neither see nor end`,
        database.label,
        `Grant ${role}, or pg_read_all_stats and pg_signal_backend, to the journal’s role; or connect as the same.`,
      );
    this.roles.add(role);
  }

  isTransient(error: unknown): boolean {
    const { driverError } = (error ?? {}) as { readonly driverError?: unknown };
    return ['40001', '40P01'].includes(sqlState(driverError ?? error));
  }
}
