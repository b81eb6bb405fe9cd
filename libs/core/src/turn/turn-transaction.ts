import { fromErrorRecord } from '#journal';
import { type TurnTransaction, type TurnTransactions, failpoint } from '#spi';
import { TransactLastError, TransactionNotSupportedError } from '../errors';
import { RetryRequest } from '../facet/outcomes';
import type { DurableTurn } from './durable-turn';
import type { HandedRecord, Recorded } from './act-log';
import { type ActIdentity, encodeOutcome, type PendingEntry } from './effect-record';
import type { EffectOutcome } from './run-effect';

/** @throws TransactionNotSupportedError, TransactLastError */
export function openTransact(turn: DurableTurn): TurnTransact {
  const { transactions, journal } = turn.host.system.storage;
  const { actorId, received } = turn;
  if (transactions === undefined)
    throw new TransactionNotSupportedError(
      actorId,
      journal.capabilities.transact === true
        ? 'the storage was not told where your entities are'
        : `the ${journal.name} storage opens none for a turn`,
      'Use TypeormStorageModule.postgres(url, { dataSource }), or ctx.rows.',
    );
  if (turn.open.count > 0) throw new TransactLastError(actorId, received.handler.name, 'an act that is not awaited');
  return new TurnTransact(turn, transactions);
}

/** What `ctx.transact` runs: it is given the manager of the transaction. */
export type TransactCall = (manager: unknown) => Promise<unknown>;

/** The name of the act in the record. Handlers cannot take it: theirs do not begin with a $. */
export const TRANSACT = '$transact';

/**
 * The transaction that a turn ends in (`ctx.transact`). It owns the transaction from its begin until the commit takes it.
 *
 *  X1. Nothing follows it in its turn: an act, a send or a row after it fails the turn, whatever the handler catches.
 *  X2. Whichever way the turn ends but by its commit, the transaction is rolled back.
 *  X3. Its outcome is recorded by the append that ends the turn, and by no other: a turn that runs again runs it again.
 */
export class TurnTransact {
  /** Its outcome, for the append that ends the turn. */
  record: PendingEntry | null = null;
  /** Why the turn cannot succeed. */
  failure: { readonly error: unknown } | null = null;
  private transaction: TurnTransaction | null = null;
  private isDropped = false;

  constructor(
    private readonly turn: DurableTurn,
    private readonly transactions: TurnTransactions,
  ) {}

  /** `done` hears its outcome, as the handler is to see it. */
  run(identity: ActIdentity, work: TransactCall, done: (record: Recorded<HandedRecord>) => void): void {
    const { env, options } = this.turn.host.system;
    void this.outcome(work).then((outcome) => {
      const body = encodeOutcome(identity, outcome, options.maxPayloadBytes);
      if (body.error !== null) this.fail(fromErrorRecord(body.error)); // what cannot be recorded was not done
      const record = { body, time: env.now() };
      this.record = record;
      done(record);
    });
  }

  private async outcome(work: TransactCall): Promise<EffectOutcome> {
    try {
      const transaction = await this.transactions.begin(this.turn.definition.maxTurnAgeMs);
      this.transaction = transaction;
      if (this.isDropped) this.drop(); // the turn has ended meanwhile
      failpoint('transact.beforeWork');
      const value = await transaction.run(work);
      failpoint('transact.afterWork');
      return { kind: 'done', value, attempts: 1 };
    } catch (error) {
      this.fail(this.transactions.isTransient(error) ? new RetryRequest(TRANSACT, error) : error);
      return { kind: 'failed', error, attempts: 1 };
    }
  }

  fail(error: unknown): void {
    this.failure ??= { error };
  }

  /** @throws TransactLastError */
  refuse(act: string): never {
    const error = new TransactLastError(this.turn.actorId, this.turn.received.handler.name, act);
    this.fail(error);
    throw error;
  }

  /** For the commit, which ends it from now on. */
  take(): TurnTransaction | null {
    const { transaction } = this;
    this.transaction = null;
    return transaction;
  }

  drop(): void {
    this.isDropped = true;
    void this.take()?.rollback();
  }
}
