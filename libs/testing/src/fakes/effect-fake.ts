import type { EffectContext } from '#core';
import { FakedFailureError } from '../errors';

/** One call that reached a fake: one attempt of an effect. @publicApi */
export interface FakeCall {
  /** Encoded id of the actor whose effect it was. */
  readonly actor: string;
  readonly messageId: string;
  readonly args: readonly unknown[];
  /** From 1, per effect. */
  readonly attempt: number;
  /** Equal for all attempts of one effect, also after a crash. */
  readonly idempotencyKey: string;
}

export type FakeBody = (...args: never[]) => unknown;

/**
 * What runs in place of an effect's body. Record, retries and timeout are the real ones; calls are kept over crash
 * and restart, as the outside world would.
 * @publicApi
 */
export class EffectFake {
  private readonly made: FakeCall[] = [];
  private failures = 0;
  private failWith: Error | undefined;
  private body: FakeBody;

  /** @internal Made by EffectFakes. */
  constructor(
    /** As it was named: `rate` or `Counter.rate`. */
    readonly name: string,
    answer: unknown,
  ) {
    this.body = bodyOf(answer);
  }

  /** Every attempt that came here, failed ones included, in order. */
  get calls(): readonly FakeCall[] {
    return this.made;
  }

  get times(): number {
    return this.made.length;
  }

  /** From now on: a function is called with the effect's arguments, anything else is the answer. */
  returns(answer: unknown): this {
    this.body = bodyOf(answer);
    return this;
  }

  /** The next `times` attempts fail. Default error: FakedFailureError, which is retried. */
  failing(times = 1, error?: Error): this {
    this.failures = times;
    this.failWith = error;
    return this;
  }

  /** Forgets its calls, and failures still to come. */
  reset(): this {
    this.made.length = 0;
    this.failures = 0;
    return this;
  }

  /** @internal */
  run(call: Omit<FakeCall, 'attempt' | 'idempotencyKey'>, { attempt, idempotencyKey }: EffectContext): unknown {
    this.made.push({ ...call, attempt, idempotencyKey });
    if (this.failures > 0) {
      this.failures--;
      throw this.failWith ?? new FakedFailureError(this.name, this.made.length);
    }
    return this.body(...(call.args as never[]));
  }
}

function bodyOf(answer: unknown): FakeBody {
  return typeof answer === 'function' ? (answer as FakeBody) : () => answer;
}
