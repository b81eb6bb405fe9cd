import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import {
  type CallerOutcome,
  type CallerRow,
  type CallerTransactions,
  InvalidTransactionError,
  StoreClosedError,
  failpoint,
} from '#spi';
import { whyIdRefused } from '../write-rules';
import { CommitWatch } from './commit-watch';

/** What differs from database to database. */
export interface CallerDialect {
  readonly store: string;
  /** Why this DataSource is not on the database of the journal, or `null`. */
  whyOtherDatabase(dataSource: DataSource): Promise<string | null>;
  /**
   * Writes the row over the connection of `runner`, in the transaction that is open there.
   * @param written called in one step with the insert
   * @throws InvalidTransactionError, UnsafeStorageError
   */
  accept(runner: QueryRunner, message: CallerRow, written: () => void): Promise<CallerOutcome>;
}

const REMEDY =
  'Give the EntityManager that dataSource.transaction() hands to you, or a QueryRunner after startTransaction().';
const OURS = "Use a transaction on the journal's own database.";

/** Messages accepted in transactions of TypeORM: each DataSource is held against the journal's database once. */
export class TypeormCallerTransactions implements CallerTransactions {
  /** Why one will not do; the look is shared, so that calls made side by side stay in their order. */
  private readonly looks = new WeakMap<DataSource, Promise<string | null>>();
  private readonly watch = new CommitWatch();

  constructor(
    private readonly dialect: CallerDialect,
    private readonly isOpen: () => boolean,
  ) {}

  async accept(transaction: unknown, message: CallerRow): Promise<CallerOutcome> {
    const { dialect } = this;
    if (!this.isOpen()) throw new StoreClosedError(dialect.store);
    const { actor } = message.row;
    const runner = runnerOf(transaction, actor);
    const { dataSource } = runner;
    const reason = await this.look(dataSource);
    if (reason !== null) throw new InvalidTransactionError(actor, `belongs to a DataSource that ${reason}`, OURS);
    if (!runner.isTransactionActive) throw notOpen(actor);
    const refusal = whyIdRefused(actor) ?? whyIdRefused(message.row.id);
    if (refusal !== null) return { kind: 'failed', reason: refusal };
    failpoint('caller.beforeInsert');
    const outcome = await dialect.accept(runner, message, () =>
      this.watch.onCommit(dataSource, runner, () => {
        failpoint('caller.afterCommit');
        message.committed();
      }),
    );
    failpoint('caller.afterInsert');
    return outcome;
  }

  private async look(dataSource: DataSource): Promise<string | null> {
    const known = this.looks.get(dataSource) ?? this.dialect.whyOtherDatabase(dataSource);
    this.looks.set(dataSource, known);
    try {
      return await known;
    } catch (error) {
      this.looks.delete(dataSource); // it could not be asked, which says nothing about it
      throw error;
    }
  }
}

/** It was never begun, or has ended. */
export function notOpen(actor: string): InvalidTransactionError {
  return new InvalidTransactionError(
    actor,
    'is not open: it was never begun, or has ended',
    `Await the tell inside it. ${REMEDY}`,
  );
}

/** @throws InvalidTransactionError */
function runnerOf(transaction: unknown, actor: string): QueryRunner {
  const refuse = (reason: string): never => {
    throw new InvalidTransactionError(actor, reason, REMEDY);
  };
  if (isRunner(transaction)) return checked(transaction);
  const manager = transaction as Partial<EntityManager> | null;
  if (typeof manager !== 'object' || manager === null)
    return refuse('is no EntityManager and no QueryRunner of TypeORM');
  if (isRunner(manager.queryRunner)) return checked(manager.queryRunner);
  if (typeof manager.getRepository !== 'function') return refuse('is no EntityManager and no QueryRunner of TypeORM');
  return refuse('has no connection of its own, as a DataSource and its manager have none');

  function checked(runner: QueryRunner): QueryRunner {
    return runner.isReleased ? refuse('has ended: its connection was given back') : runner;
  }
}

function isRunner(given: unknown): given is QueryRunner {
  const runner = given as Partial<QueryRunner> | null | undefined;
  return (
    typeof runner === 'object' && typeof runner?.startTransaction === 'function' && runner.dataSource !== undefined
  );
}
