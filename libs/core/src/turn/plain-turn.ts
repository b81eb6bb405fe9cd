import { RowsNotSupportedError, TransactionNotSupportedError } from '../errors';
import { rejected } from '../facet/is-promise';
import type { EffectCall } from './effect-call';
import { actPromise } from './handled';
import { pause, runEffect } from './run-effect';
import { type Act, Turn } from './turn';

/** A turn of an actor that keeps no journal: effects only retry and time out, nothing is recorded. */
export class PlainTurn extends Turn {
  readonly isReplay = false;
  readonly recordedActs = [];
  private ordinal = 0;
  private began = 0;
  private openActs = 0;

  now(): number {
    return (this.began ||= this.host.env.now());
  }

  /** Any act that comes to an end may be what its handler goes on with. */
  get waitsToBeStuck(): number {
    return this.openActs;
  }

  hasRecordOf(): boolean {
    return false;
  }

  nextOrdinal(): number {
    return this.ordinal++;
  }

  act(act: Act, call: EffectCall<unknown>): Promise<unknown> {
    return actPromise((resolve, reject) => {
      this.assertRunning(act.name);
      const idempotencyKey = `${this.actorId}/${this.received.id}/${act.scope}/${this.nextOrdinal()}`;
      this.openActs++;
      runEffect(this.host.env, this, { ...act, idempotencyKey }, call, (outcome) => {
        this.openActs--;
        if (outcome.kind === 'failed') reject(outcome.error);
        else resolve(outcome.value);
      });
    });
  }

  sleep(delayMs: number): Promise<void> {
    return actPromise((resolve) => {
      this.assertRunning('sleep');
      this.openActs++;
      void pause(this.host.env, delayMs, this.signal).then(() => {
        this.openActs--;
        resolve();
      });
    });
  }

  /** Nothing of this actor is ever run again on old records. */
  patched(): boolean {
    return true;
  }

  transact(): Promise<never> {
    return rejected(
      new TransactionNotSupportedError(
        this.actorId,
        'it keeps no journal, so there is no commit it could be part of',
        'Attach durability() to its class.',
      ),
    );
  }

  queueRow(): never {
    throw new RowsNotSupportedError(
      this.actorId,
      'it keeps no journal, so there is no commit they could be part of',
      'Attach durability() to its class.',
    );
  }
}
