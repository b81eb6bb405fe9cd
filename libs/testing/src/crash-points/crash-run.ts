import type { LoggerService } from '@nestjs/common';
import type { Storage } from '#spi';
import { ActorTestingModule } from '../app/actor-testing-module';
import type { TestApp } from '../app/test-app';
import { ManualClock } from '../clock/manual-clock';
import { CrashPointNotReachedError, InvalidCrashPointOptionError, ParkedByCrashError } from '../errors';
import { type Boundary, ENDED, joinBoundaries } from './boundary';
import type { CrashFailure, CrashStage } from './crash-report';
import { CrashStorage } from './crash-storage';
import { type Driven, type DrivenLife, drive, driveUntilIdle } from './drive';
import { LifeEnv } from './life-env';
import type { ResolvedCrashPointOptions } from './options';
import { type ParkedMessage, journalLines, parkedMessages, withWork } from './read-store';
import type { CrashedEffect, CrashInvariant, CrashScenario } from './scenario';

/** Parts that are the test's own. */
const RESERVED = ['storage', 'checkpoints', 'clock'];

/** Hundreds of applications that die have nothing to tell. */
const SILENT: LoggerService = {
  log: ignore,
  warn: ignore,
  error: ignore,
  debug: ignore,
  verbose: ignore,
  fatal: ignore,
};

/** What is run, again and again. */
export interface CrashJob<World> {
  readonly scenario: CrashScenario<World>;
  readonly invariant: CrashInvariant<World>;
  readonly options: ResolvedCrashPointOptions;
  /** What is parked without any crash; `null` before that is known. */
  readonly parkedAnyway: readonly ParkedMessage[] | null;
}

export interface CrashRunResult {
  /** Where it died. */
  readonly boundary: Boundary;
  /** Boundaries that its last life passed: where that one might have died. */
  readonly passed: readonly Boundary[];
  readonly failure: CrashFailure | null;
  readonly parked: readonly ParkedMessage[];
}

type LifeEnd =
  | { readonly kind: 'lived'; readonly life: Life }
  | { readonly kind: 'died'; readonly at: Boundary }
  | { readonly kind: 'failed'; readonly during: CrashStage; readonly error: unknown };

interface Life extends DrivenLife {
  readonly app: TestApp;
}

/** Runs the scenario on a store of its own, with a death in each life but the last: there, where `deaths` says. */
export async function runWithCrashes<World>(job: CrashJob<World>, deaths: readonly string[]): Promise<CrashRunResult> {
  const store = await makeStore(job.options);
  try {
    const world = (await job.scenario.world?.()) as World;
    return await new CrashRun(job, store, world).through(deaths);
  } finally {
    await Promise.all([store.journal.close(), store.checkpoints.close()]);
  }
}

/**
 * One run: lives of an application one after the other, on one store, one clock and one world.
 *
 *  K1. A life that is to die does not outlive its boundary; if it never comes to it, the run has failed.
 *  K2. The next life begins when the one before is dead and whatever it had under way has come to rest.
 */
class CrashRun<World> {
  /** Seeded, so that all runs have the same randomness and ids. */
  private readonly clock = new ManualClock({ seed: 1 });
  private readonly apps: TestApp[] = [];
  private readonly died: Boundary[] = [];
  private passed: readonly Boundary[] = [];
  private journal: readonly string[] = [];
  private parked: readonly ParkedMessage[] = [];

  constructor(
    private readonly job: CrashJob<World>,
    private readonly store: Storage,
    private readonly world: World,
  ) {}

  async through(deaths: readonly string[]): Promise<CrashRunResult> {
    for (const place of deaths) {
      const end = await this.live(place);
      if (end.kind !== 'died') return this.failed(...this.missed(end, place));
      this.died.push(end.at);
      this.journal = await journalLines(this.store);
    }
    const end = await this.live(null);
    this.parked = await parkedMessages(this.store);
    const lost = this.parked.find((message) => !this.isParkedAnyway(message));
    if (lost !== undefined)
      return this.failed('resumption', new ParkedByCrashError(lost.actor, lost.messageId, lost.reason));
    if (end.kind === 'failed') return this.failed(end.during, end.error);
    if (end.kind === 'died') throw new Error('a life that was not to die has died');
    return this.judge(end.life);
  }

  private isParkedAnyway({ actor, messageId }: ParkedMessage): boolean {
    const { parkedAnyway } = this.job;
    return parkedAnyway?.some((other) => other.actor === actor && other.messageId === messageId) ?? true;
  }

  private async judge(life: Life): Promise<CrashRunResult> {
    const { invariant } = this.job;
    const facts = { boundary: joinBoundaries(this.died), effects: this.effects(), world: this.world };
    const judged = await drive(life, 'The invariant', async () => invariant(life.app, facts));
    if (judged.kind === 'failed') return this.failed('invariant', judged.error);
    const closed = await drive(life, 'The end of the application', () => life.app.close());
    if (closed.kind === 'failed') return this.failed('shutdown', closed.error);
    return { boundary: facts.boundary, passed: this.passed, parked: this.parked, failure: null };
  }

  private async live(dieAt: string | null): Promise<LifeEnd> {
    const env = new LifeEnv(this.clock, () => this.stopTurns());
    const storage = new CrashStorage(this.store, dieAt, () => env.end());
    const parts = { clock: this.clock, env, storage, store: this.store, limitMs: this.job.options.limitMs };
    const end = await this.liveOn(parts);
    if (end.kind === 'lived') this.passed = [...storage.passed];
    else {
      env.end();
      storage.cut();
    }
    return end;
  }

  private async liveOn(parts: DrivenLife): Promise<LifeEnd> {
    const { scenario } = this.job;
    const { storage } = parts;
    const isOver = ending(storage);
    const started = await drive(parts, 'The start of the application', () => this.start(parts));
    if (started.kind !== 'done') return isOver('start', started);
    const app = started.value;
    if (this.died.length > 0) {
      const resumed = await driveUntilIdle(parts, app, 'Work that was accepted before the crash');
      if (resumed.kind !== 'done') return isOver('resumption', resumed);
    }
    const ran = await drive(parts, 'The scenario', async () => scenario.run(app, this.world));
    if (ran.kind !== 'done') return isOver('scenario', ran);
    const rested = await driveUntilIdle(parts, app, 'Work that the scenario left behind');
    if (rested.kind !== 'done') return isOver('resumption', rested);
    storage.pass(ENDED);
    return storage.diedAt === null ? { kind: 'lived', life: { ...parts, app } } : { kind: 'died', at: storage.diedAt };
  }

  private async start({ env, storage }: DrivenLife): Promise<TestApp> {
    const { app, override = (module: ActorTestingModule) => module } = this.job.scenario;
    const parts = app(this.world);
    for (const name of RESERVED)
      if (name in parts)
        throw new InvalidCrashPointOptionError(`app().${name}`, 'is not for the scenario to give: see options.storage');
    const module = ActorTestingModule.create({ ...parts, storage, clock: env }).setLogger(SILENT);
    const made = await override(module, this.world).compile();
    this.apps.push(made);
    return made.start();
  }

  /** No turn of the newest application starts any more. */
  private stopTurns(): void {
    const app = this.apps.at(-1);
    if (app?.state === 'running') void app.crash();
  }

  private effects(): CrashedEffect[] {
    return this.apps.flatMap(({ fakes }, i) => fakes.calls.map((call) => ({ life: i + 1, ...call })));
  }

  /** A life that was to die at `place` ended otherwise. */
  private missed(end: Exclude<LifeEnd, { kind: 'died' }>, place: string): [CrashStage, unknown] {
    this.died.push({ id: place, words: 'nowhere: it did not come there' });
    if (end.kind === 'failed') return [end.during, end.error];
    const passed = this.passed.map(({ id }) => id).join(', ');
    return ['scenario', new CrashPointNotReachedError(place, passed)];
  }

  private failed(during: CrashStage, error: unknown): CrashRunResult {
    const boundary = joinBoundaries(this.died);
    const { passed, parked, journal } = this;
    return { boundary, passed, parked, failure: { boundary, during, error, journal, effects: this.effects() } };
  }
}

async function makeStore({ storage }: ResolvedCrashPointOptions): Promise<Storage> {
  const store: Partial<Storage> | undefined = await storage();
  if (!isStore(store)) throw new InvalidCrashPointOptionError('storage', 'made something that is no Storage');
  if ((await store.journal.actors('', '', 1)).length > 0 || (await withWork(store)).length > 0)
    throw new InvalidCrashPointOptionError('storage', 'made a store that is not empty; each run needs one of its own');
  return store;
}

function isStore(store: Partial<Storage> | undefined): store is Storage {
  return store?.journal !== undefined && store.inbox !== undefined && store.checkpoints !== undefined;
}

function ignore(): void {
  // said to nobody
}

function ending(storage: CrashStorage) {
  return (during: CrashStage, end: Exclude<Driven<unknown>, { kind: 'done' }>): LifeEnd => {
    if (end.kind === 'failed') {
      if (end.error instanceof InvalidCrashPointOptionError) throw end.error; // the call is wrong, not the actor
      return { kind: 'failed', during, error: end.error };
    }
    return { kind: 'died', at: storage.diedAt as Boundary };
  };
}
