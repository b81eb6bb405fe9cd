import type { DataSource, EntitySubscriberInterface, QueryRunner } from 'typeorm';

interface Event {
  readonly queryRunner: QueryRunner;
}

/**
 * Hears of the ends of the application's transactions, as a subscriber of its DataSources.
 *
 *  T1. A listener is called after the outermost commit of the transaction it came with, and dropped by its rollback.
 *  T2. Listeners are called in the order they came, before the application or its own subscribers hear of the commit.
 */
export class CommitWatch implements EntitySubscriberInterface {
  private readonly listeners = new WeakMap<QueryRunner, (() => void)[]>();

  /** `committed`: called once when the transaction that is open on `runner` has been committed. Must not throw. */
  onCommit(dataSource: DataSource, runner: QueryRunner, committed: () => void): void {
    const subscribers = dataSource.subscribers;
    if (!subscribers.includes(this)) subscribers.unshift(this); // `initialize` makes a new list
    const known = this.listeners.get(runner);
    if (known === undefined) this.listeners.set(runner, [committed]);
    else known.push(committed);
  }

  /** What is left over is of an earlier transaction, of whose end nobody was told. */
  beforeTransactionStart({ queryRunner }: Event): void {
    if (depthOf(queryRunner) === 0) this.listeners.delete(queryRunner);
  }

  afterTransactionCommit({ queryRunner }: Event): void {
    if (queryRunner.isTransactionActive) return; // a savepoint
    const listeners = this.listeners.get(queryRunner) ?? [];
    this.listeners.delete(queryRunner);
    for (const committed of listeners) committed();
  }

  afterTransactionRollback({ queryRunner }: Event): void {
    if (!queryRunner.isTransactionActive) this.listeners.delete(queryRunner);
  }
}

/** How many transactions of TypeORM are open on it, savepoints included. It keeps that to itself. */
export function depthOf(runner: QueryRunner): number {
  return (runner as unknown as { readonly transactionDepth: number }).transactionDepth;
}
