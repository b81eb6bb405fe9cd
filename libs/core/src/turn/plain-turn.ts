import { RowsNotSupportedError } from '../errors';
import type { EffectCall } from './effect-call';
import { pause, runEffect } from './run-effect';
import { type Act, Turn } from './turn';

/** A turn of an actor that keeps no journal: effects only retry and time out, nothing is recorded. */
export class PlainTurn extends Turn {
  readonly isReplay = false;
  readonly recordedActs = [];
  private ordinal = 0;
  private startedAt = 0;

  now(): number {
    return (this.startedAt ||= this.host.env.now());
  }

  hasRecordOf(): boolean {
    return false;
  }

  nextOrdinal(): number {
    return this.ordinal++;
  }

  protected async perform(act: Act, call: EffectCall<unknown>): Promise<unknown> {
    this.assertRunning(act.name);
    const idempotencyKey = `${this.actorId}/${this.received.id}/${act.scope}/${this.nextOrdinal()}`;
    const outcome = await runEffect(this.host.env, this, { ...act, idempotencyKey }, call);
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.value;
  }

  protected async rest(delayMs: number): Promise<void> {
    this.assertRunning('sleep');
    await pause(this.host.env, delayMs, this.signal);
  }

  /** Nothing of this actor is ever run again on old records. */
  patched(): boolean {
    return true;
  }

  queueRow(): never {
    throw new RowsNotSupportedError(
      this.actorId,
      'it keeps no journal, so there is no commit they could be part of',
      'Attach durability() to its class.',
    );
  }
}
