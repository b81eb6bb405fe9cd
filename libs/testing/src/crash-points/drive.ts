import type { Storage } from '#spi';
import { ScenarioNeverEndsError } from '../errors';
import type { TestApp } from '../app/test-app';
import type { ManualClock } from '../clock/manual-clock';
import type { CrashStorage } from './crash-storage';
import type { LifeEnv } from './life-env';
import { describeWork, withWork } from './read-store';

/** So many answers of a store while time stands still are work that renews itself at once. */
const MAX_ANSWERS_AT_ONCE = 5_000;

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
    if (!(await settle(life)))
      return failed(subject, limitMs, `it went on and on while time stood still; ${await describeWork(life.store)}`);
    if (storage.diedAt !== null) return { kind: 'died' };
    const outcome = await look();
    if (outcome !== null) return outcome;
    const next = env.nextDueAt;
    if (next === null || next > end) return failed(subject, limitMs, await describeWork(life.store));
    await clock.advance(Math.max(0, next - clock.monotonic()));
  }
}

/** Until nothing moves and the store has given every answer. @returns `false`: that never comes */
async function settle({ clock, env, storage }: DrivenLife): Promise<boolean> {
  for (let answers = 0; answers < MAX_ANSWERS_AT_ONCE; answers++) {
    await clock.settle();
    if (env.isRunaway) return false;
    if (!(await storage.answerNext())) return true;
  }
  return false;
}

function failed(subject: string, limitMs: number, waiting: string): Driven<never> {
  return { kind: 'failed', error: new ScenarioNeverEndsError(subject, limitMs, waiting) };
}

/** What throws at once is a rejection like any other. */
async function start<T>(work: () => Promise<T>): Promise<T> {
  return work();
}
