import type { Client } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { RowsDatabaseError, type TurnTransaction, type TurnTransactions } from '#spi';
import { sqlState } from '../postgres/driver';
import { THIS_BACKEND } from '../postgres/lost-backend';
import type { PostgresDatabase } from '../postgres/postgres-database';
import { rowsOf } from '../postgres/session';
import { PostgresTurnTransaction } from './postgres-turn-transaction';

/** Settings of one transaction: how long it may wait for its handler, and that its commit waits for the disk. */
const PREPARE = `SELECT session.*, set_config('bytea_output', 'hex', true),
  set_config('idle_in_transaction_session_timeout', $1, true),
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, true)
  FROM (${THIS_BACKEND}) AS session`;

/** Transactions of `ctx.transact`: each on a connection of the application's DataSource, beside the writer's (Z3). */
export class TypeormTransactions implements TurnTransactions {
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
      const [pid, startedAt] = row as readonly string[];
      return new PostgresTurnTransaction(database, runner, client, {
        pid: pid as string,
        startedAt: startedAt as string,
      });
    } catch (error) {
      await runner.release();
      throw error;
    }
  }

  isTransient(error: unknown): boolean {
    const { driverError } = (error ?? {}) as { readonly driverError?: unknown };
    return ['40001', '40P01'].includes(sqlState(driverError ?? error));
  }
}
