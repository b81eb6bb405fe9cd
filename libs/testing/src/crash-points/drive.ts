import type { Storage } from '#spi';
import { ScenarioNeverEndsError } from '../errors';
import type { TestApp } from '../app/test-app';
import type { ManualClock } from '../clock/manual-clock';
import type { CrashStorage } from './crash-storage';
import type { LifeEnv } from './life-env';
import { describeWork, withWork } from './read-store';

/** One life of an application, as it is moved on. */
export interface DrivenLife {
  readonly clock: ManualClock;
  readonly env: LifeEnv;
  readonly storage: CrashStorage;
  /** The store as a bystander sees it. */
  readonly store: Storage;
  /** Virtual time that anything may take. */
  readonly limitMs: number;
}

export type Driven<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'died' };

/** Lets time go on until `work` has settled or the life has ended. Time moves only while nothing else does. */
export async function drive<T>(life: DrivenLife, subject: string, work: () => Promise<T>): Promise<Driven<T>> {
  let outcome: Driven<T> | null = null;
  start(work).then(
    (value) => (outcome = { kind: 'done', value }),
    (error: unknown) => (outcome = { kind: 'failed', error }),
  );
  return moveOn(life, subject, () => Promise.resolve(outcome));
}

/** Lets time go on until no actor is busy and no accepted message is left to do, delayed ones and retries included. */
export function driveUntilIdle(life: DrivenLife, app: TestApp, subject: string): Promise<Driven<void>> {
  return moveOn(life, subject, async () => {
    const isIdle = app.system.isIdle && (await withWork(life.store)).length === 0;
    return isIdle ? { kind: 'done', value: undefined } : null;
  });
}

async function moveOn<T>(life: DrivenLife, subject: string, look: () => Promise<Driven<T> | null>): Promise<Driven<T>> {
  const { clock, env, storage, limitMs } = life;
  const end = clock.monotonic() + limitMs;
  for (;;) {
    await settle(clock, storage);
    if (storage.diedAt !== null) return { kind: 'died' };
    const outcome = await look();
    if (outcome !== null) return outcome;
    const next = env.nextDueAt;
    if (next === null || next > end)
      return { kind: 'failed', error: new ScenarioNeverEndsError(subject, limitMs, await describeWork(life.store)) };
    await clock.advance(Math.max(0, next - clock.monotonic()));
  }
}

/** Until nothing moves and the store has given every answer. */
async function settle(clock: ManualClock, storage: CrashStorage): Promise<void> {
  do {
    await clock.settle();
  } while (await storage.answerNext());
}

/** What throws at once is a rejection like any other. */
async function start<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
