import type { Env } from '#spi';
import { EffectTimeoutError } from '../errors';
import { isFinalAnswer } from './classify-error';
import type { EffectCall, EffectContext } from './effect-call';
import { type Frame, frames } from './frame';
import { decideRetryDelay, type RetryPolicy } from './retry-policy';
import { RunningEffect } from './running-effect';
import type { Turn } from './turn';

/** How one side effect is carried out. */
export interface EffectPlan {
  readonly name: string;
  readonly idempotencyKey: string;
  readonly retry: RetryPolicy;
  /** Per attempt; 0 = none. */
  readonly timeoutMs: number;
}

export type EffectOutcome =
  | { readonly kind: 'done'; readonly value: unknown; readonly attempts: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly attempts: number };

/** Runs the attempts of one effect, each under the same idempotency key. Never rejects. */
export async function runEffect(
  env: Env,
  turn: Turn,
  plan: EffectPlan,
  call: EffectCall<unknown>,
): Promise<EffectOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      return { kind: 'done', value: await attemptOnce(env, turn, plan, call, attempt), attempts: attempt };
    } catch (error) {
      const isOutcome = isFinalAnswer(error) || plan.retry.only?.(error) === false;
      const last = attempt >= plan.retry.maxAttempts || isOutcome || turn.isAborted;
      if (last) return { kind: 'failed', error, attempts: attempt };
      await pause(env, decideRetryDelay(plan.retry, attempt, env.random()), turn.signal);
      if (turn.isAborted) return { kind: 'failed', error, attempts: attempt };
    }
  }
}

function attemptOnce(
  env: Env,
  turn: Turn,
  plan: EffectPlan,
  call: EffectCall<unknown>,
  attempt: number,
): Promise<unknown> {
  const effect = new RunningEffect(turn, plan.idempotencyKey, attempt);
  const frame: Frame = { turn, effect };
  const running = frames.run(frame, startSafely, call, effect);
  if (plan.timeoutMs === 0) return running.finally(() => effect.settle());
  return new Promise((resolve, reject) => {
    const timer = env.schedule(() => {
      const error = new EffectTimeoutError(turn.actorId, plan.name, plan.timeoutMs);
      effect.abort(error);
      reject(error);
    }, plan.timeoutMs);
    running
      .finally(() => {
        timer.cancel();
        effect.settle();
      })
      .then(resolve, reject);
  });
}

/** A call that throws at once is a rejected one. */
async function startSafely(call: EffectCall<unknown>, effect: EffectContext): Promise<unknown> {
  return call(effect);
}

/** Waits, or stops waiting when `signal` aborts. Never rejects. */
export function pause(env: Env, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = env.schedule(end, delayMs);
    signal.addEventListener('abort', end, { once: true });
  });
}
