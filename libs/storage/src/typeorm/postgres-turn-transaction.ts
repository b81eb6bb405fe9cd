import type { Client } from 'pg';
import type { QueryRunner } from 'typeorm';
import { type AppendWrite, StoreFailedError, type TransactOutcome, type TurnTransaction, failpoint } from '#spi';
import { isAboutStatement, isLockTimeout, isRefusal, isTransient, messageOf, sqlState } from '../postgres/driver';
import { ExactFlush } from '../postgres/flush/exact-flush';
import { PackedWrites } from '../postgres/flush/packed-writes';
import { refusalOf } from '../postgres/flush/user-rows';
import type { Backend } from '../postgres/lost-backend';
import type { PostgresDatabase } from '../postgres/postgres-database';
import { destroy } from '../postgres/session';
import { whyRefused } from '../write-rules';

/** `work` met an error that undid the transaction, caught it and went on. */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * One transaction of `ctx.transact` on Postgres. It owns a connection of the application's pool until its end.
 *
 * Invariants
 *   E1  `seal` comes before any statement of ours that ends it or stands for the turn: from then on TypeORM takes nothing more
 *       for this connection, so that a branch of `work` that was left behind cannot write outside the transaction.
 *   E2  The connection goes back to the pool only when its transaction is known to be over.
 *   E3  When `commit` rejects, the server process has ended: what is read afterwards is what became of it.
 */
export class PostgresTurnTransaction implements TurnTransaction {
  private isWorking = false;
  private isOver = false;

  constructor(
    private readonly database: PostgresDatabase,
    private readonly runner: QueryRunner,
    private readonly client: Client,
    private readonly backend: Backend,
  ) {}

  async run(work: (manager: unknown) => Promise<unknown>): Promise<unknown> {
    this.isWorking = true;
    try {
      return await work(this.runner.manager);
    } finally {
      this.isWorking = false;
      this.seal();
    }
  }

  async commit(write: AppendWrite): Promise<TransactOutcome> {
    this.seal();
    const { database } = this;
    const reason = whyRefused(write, true);
    if (reason !== null) return this.undone({ kind: 'failed', reason });
    const { lockTimeoutMs, statementTimeoutMs } = database.options;
    const flush = new ExactFlush(database.tables, database.ids, lockTimeoutMs);
    const packed = new PackedWrites([write]); // before the first await: the caller may reuse its buffers (J9)
    try {
      failpoint('transact.beforeAppend');
      await this.query(
        `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL statement_timeout = ${statementTimeoutMs}`,
      );
      const outcome = await flush.within(this.unnamed, packed);
      if (outcome.kind !== 'committed') return await this.undone(outcome);
      failpoint('transact.beforeCommit');
      await this.query('COMMIT');
      failpoint('transact.afterCommit');
      flush.committed();
      await this.release();
      return outcome;
    } catch (error) {
      if (isRefusal(error)) return this.undone(refused(error));
      await this.abandon();
      throw new StoreFailedError('postgres', `the connection broke: ${messageOf(error)}`, { cause: error });
    }
  }

  async rollback(): Promise<void> {
    if (this.isOver) return;
    this.seal();
    try {
      if (this.isWorking) {
        await this.abandon(); // its statement may take long, and others wait for its locks
        return;
      }
      // A statement of `work` may have passed TypeORM's look at the runner just before: it gets there first.
      await this.query('SELECT 1').catch(() => undefined);
      await this.query('ROLLBACK');
      await this.release();
    } catch {
      await this.abandon().catch(() => undefined); // the server ends it: it notices, or by its time limit (Z4)
    }
  }

  /** E1. TypeORM refuses what is asked of a runner that was given back. */
  private seal(): void {
    (this.runner as { isReleased: boolean }).isReleased = true;
  }

  private async undone(outcome: TransactOutcome): Promise<TransactOutcome> {
    await this.rollback();
    return outcome;
  }

  private query(text: string): Promise<unknown> {
    return this.client.query(text);
  }

  /** Names of prepared statements would be the application's to give, on its connection. */
  private get unnamed(): Client {
    const query = (given: unknown): unknown =>
      this.client.query((typeof given === 'string' ? given : { ...(given as object), name: undefined }) as never);
    return { query } as unknown as Client;
  }

  private async release(): Promise<void> {
    this.isOver = true;
    (this.runner as { isReleased: boolean }).isReleased = false;
    await this.runner.release();
  }

  /** E3. @throws StoreFailedError */
  private async abandon(): Promise<void> {
    destroy(this.client);
    await this.release(); // the pool takes no connection back that is ending
    await this.database.endBackend(this.backend);
  }
}

/** The server has undone it, and says why. */
function refused(error: unknown): TransactOutcome {
  if (isTransient(error) || isLockTimeout(error) || sqlState(error) === IN_FAILED_TRANSACTION)
    return { kind: 'undone', error };
  if (isAboutStatement(error)) return { kind: 'rejected', refusal: refusalOf(null, error) };
  return { kind: 'failed', reason: messageOf(error) };
}
