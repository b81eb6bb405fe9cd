import type { Env } from '#spi';
import { EffectTimeoutError } from '../errors';
import { whenSettled } from '../facet/is-promise';
import { isFinalAnswer } from './classify-error';
import type { EffectCall, EffectContext } from './effect-call';
import { frames } from './frame';
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

/**
 * Runs the attempts of one effect, each under the same idempotency key. `settle` hears the outcome, exactly once and
 * never before this returns. Callbacks rather than promises: with async context in use each promise costs as much as
 * the rest of an attempt.
 */
export function runEffect(
  env: Env,
  turn: Turn,
  plan: EffectPlan,
  call: EffectCall<unknown>,
  settle: (outcome: EffectOutcome) => void,
): void {
  startAttempt(1);

  function startAttempt(attempt: number): void {
    const { system } = turn.host;
    if (!system.mayAct()) {
      const outcome: EffectOutcome = { kind: 'failed', error: system.notOwner(), attempts: attempt - 1 };
      return queueMicrotask(() => settle(outcome)); // of a turn that ended with the right: nobody records it
    }
    attemptOnce(
      env,
      turn,
      plan,
      call,
      attempt,
      (value) => settle({ kind: 'done', value, attempts: attempt }),
      (error) => failed(error, attempt),
    );
  }

  function failed(error: unknown, attempt: number): void {
    const isOutcome = isFinalAnswer(error) || plan.retry.only?.(error) === false;
    if (attempt >= plan.retry.maxAttempts || isOutcome || turn.isAborted)
      return settle({ kind: 'failed', error, attempts: attempt });
    void pause(env, decideRetryDelay(plan.retry, attempt, env.random()), turn.signal).then(() => {
      if (turn.isAborted) settle({ kind: 'failed', error, attempts: attempt });
      else startAttempt(attempt + 1);
    });
  }
}

/** The first of answer, failure and timeout is heard; what comes later is not. */
function attemptOnce(
  env: Env,
  turn: Turn,
  plan: EffectPlan,
  call: EffectCall<unknown>,
  attempt: number,
  resolve: (value: unknown) => void,
  reject: (error: unknown) => void,
): void {
  const effect = new RunningEffect(turn, plan.idempotencyKey, attempt);
  const running = frames.run(effect, startSafely, call, effect);
  if (plan.timeoutMs === 0) {
    whenSettled(
      running,
      (value) => {
        effect.settle();
        resolve(value);
      },
      (error) => {
        effect.settle();
        reject(error);
      },
    );
    return;
  }
  limitAttempt(env, turn, plan, effect, running).then(resolve, reject);
}

function limitAttempt(
  env: Env,
  turn: Turn,
  plan: EffectPlan,
  effect: RunningEffect,
  running: Promise<unknown>,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = env.schedule(() => {
      const error = new EffectTimeoutError(turn.actorId, plan.name, plan.timeoutMs);
      effect.abort(error);
      reject(error);
    }, plan.timeoutMs);
    const end = (tell: (outcome: unknown) => void, outcome: unknown): void => {
      timer.cancel();
      effect.settle();
      tell(outcome);
    };
    whenSettled(
      running,
      (value) => end(resolve, value),
      (error) => end(reject, error),
    );
  });
}

/** A call that throws at once is a rejected one, and a plain value an answered one. */
function startSafely(call: EffectCall<unknown>, effect: EffectContext): Promise<unknown> {
  try {
    return Promise.resolve(call(effect));
  } catch (error) {
    return Promise.reject(error);
  }
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
