import type { Client, QueryConfig, QueryResult } from 'pg';
import type { QueryRunner } from 'typeorm';
import { type AppendWrite, StoreFailedError, type TransactOutcome, type TurnTransaction, failpoint } from '#spi';
import { isAboutStatement, isLockTimeout, isRefusal, isTransient, messageOf, sqlState } from '../postgres/driver';
import { ActorIds } from '../postgres/flush/actor-ids';
import { ExactFlush } from '../postgres/flush/exact-flush';
import { PackedWrites } from '../postgres/flush/packed-writes';
import { refusalOf } from '../postgres/flush/user-rows';
import type { Backend } from '../postgres/lost-backend';
import type { PostgresDatabase } from '../postgres/postgres-database';
import { destroy } from '../postgres/session';
import { whyRefused } from '../write-rules';
import { guardEnds } from './guard-ends';

/** `work` met an error that undid the transaction, caught it and went on. */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * One transaction of `ctx.transact` on Postgres. It owns a connection of the application's pool until its end.
 *
 * Invariants
 *   E1  `seal` comes before any statement of ours that ends it or stands for the turn: from then on TypeORM takes nothing more
 *       for this connection, so that a branch of `work` that was left behind cannot write outside the transaction.
 *       Until then nobody but this ends it (`guardEnds`).
 *   E2  The connection goes back to the pool only when its transaction is known to be over.
 *   E3  When `commit` rejects, the server process has ended, or has before the store reads anything: what is read afterwards is
 *       what became of it.
 *   E4  A server that is gone without a word is waited for as long as on the store's own connections; the application's may have
 *       no such limit.
 */
export class PostgresTurnTransaction implements TurnTransaction {
  private isWorking = false;
  private isOver = false;
  private readonly unguard: () => void;

  constructor(
    private readonly database: PostgresDatabase,
    private readonly runner: QueryRunner,
    private readonly client: Client,
    private readonly backend: Backend,
  ) {
    this.unguard = guardEnds(runner);
  }

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
    // Ids are asked for: this connection may be to a server that came back with others than are remembered.
    const flush = new ExactFlush(database.tables, new ActorIds(database.tables), lockTimeoutMs);
    const packed = new PackedWrites([write]); // before the first await: the caller may reuse its buffers (J9)
    try {
      failpoint('transact.beforeAppend');
      await this.query(
        `SET LOCAL lock_timeout = ${lockTimeoutMs}; SET LOCAL statement_timeout = ${statementTimeoutMs}`,
      );
      const outcome = await flush.within(this.unnamed, packed);
      if (outcome.kind !== 'committed') return await this.undone(outcome);
      failpoint('transact.beforeCommit');
      const { command } = await this.query('COMMIT');
      // Something behind our last statement has failed: the server says so by this word alone.
      if (command !== 'COMMIT') return await this.undone({ kind: 'undone', error: new RolledBackAtCommit() });
      failpoint('transact.afterCommit');
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

  /** E4. Names of prepared statements would be the application's to give, on its connection. */
  private query(given: string | QueryConfig): Promise<QueryResult> {
    const { statementTimeoutMs, connectTimeoutMs } = this.database.options;
    const query = typeof given === 'string' ? { text: given } : { ...given, name: undefined };
    const limited: QueryConfig = Object.assign(query, { query_timeout: statementTimeoutMs + connectTimeoutMs });
    return this.client.query(limited);
  }

  private get unnamed(): Client {
    return { query: (given: string | QueryConfig) => this.query(given) } as unknown as Client;
  }

  private async release(): Promise<void> {
    this.isOver = true;
    this.unguard();
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

class RolledBackAtCommit extends Error {
  constructor() {
    super('the server rolled the transaction back when it was to be committed');
  }
}
