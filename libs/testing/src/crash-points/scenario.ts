import type { ActorTestingModule } from '../app/actor-testing-module';
import type { TestApp } from '../app/test-app';
import type { TestParts } from '../app/test-parts';
import type { MadeEffect } from '../fakes/effect-fakes';
import type { Boundary } from './boundary';

/** What an application is made of, but for its store and its clock: those are the test's. @publicApi */
export type CrashingParts = Omit<TestParts, 'storage' | 'checkpoints' | 'clock'>;

/**
 * What is to survive a crash anywhere.
 *
 * `run` is the client. After a crash it is run again, from its top, against the new application, as a client that got
 * no answer sends again. So each of its asks and tells needs an idempotency key, the same each time:
 * `ref.with({ idempotencyKey: 'order-1' }).ask.place(…)`. A message without one is a new message in the second life.
 *
 * Everything must be the same in each run: no real time, randomness or network; the clock is virtual.
 * @publicApi
 */
export interface CrashScenario<World = undefined> {
  /** What lies outside the application and outlives it: fakes of the services it calls. Made anew for each run. */
  readonly world?: (() => World | Promise<World>) | undefined;
  /** The application. Called once per life: whatever it makes dies with the process. */
  readonly app: (world: World) => CrashingParts;
  /** Changes to the application that Nest's testing module makes: `(module, bank) => module.overrideProvider(Bank).useValue(bank)`. */
  readonly override?: ((module: ActorTestingModule, world: World) => ActorTestingModule) | undefined;
  /** What the client does. */
  readonly run: (app: TestApp, world: World) => unknown;
}

/** An attempt of a side effect that was begun, whether or not it was recorded. Those of one idempotency key are one effect. @publicApi */
export interface CrashedEffect extends MadeEffect {
  /** Of the application that made it: 1 before the crash, 2 after it. */
  readonly life: number;
}

/** What an invariant is told beside the application. @publicApi */
export interface CrashFacts<World = undefined> {
  /** Where the application died; `id: 'none'` in the first run, in which nothing crashes. */
  readonly boundary: Boundary;
  /** Every attempt of every side effect, in all lives, in the order in which they began. */
  readonly effects: readonly CrashedEffect[];
  readonly world: World;
}

/** Throws when something is not as it must be, e.g. with `expect`. Asked of the last life, when it has nothing left to do. @publicApi */
export type CrashInvariant<World = undefined> = (app: TestApp, facts: CrashFacts<World>) => unknown;
