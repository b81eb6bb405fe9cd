import { CrashPointsFailedError, InvalidCrashPointOptionError, TooManyCrashPointsError } from '../errors';
import type { Boundary } from './boundary';
import { type CrashFailure, type CrashReport, tellFailures, tellFirstRun } from './crash-report';
import { type CrashJob, runWithCrashes } from './crash-run';
import { type CrashPointOptions, resolveCrashPointOptions } from './options';
import type { CrashInvariant, CrashScenario } from './scenario';

/**
 * Runs a scenario once without a crash, and then once per boundary of its journal: there the process dies, a new one
 * starts on the same store, accepted work resumes, the scenario is run again as a client would send again, and the
 * invariant is asked.
 *
 * ```ts
 * await everyCrashPoint(
 *   {
 *     world: () => new FakeBank(),
 *     app: (bank) => ({ actors: [Order], providers: [{ provide: Bank, useValue: bank }] }),
 *     run: (app) => app.client(Order).ref('o-1').with({ idempotencyKey: 'pay-1' }).ask.pay(10),
 *   },
 *   (_, { world: bank }) => expect(bank.charges).toEqual([{ order: 'o-1', amount: 10 }]),
 * );
 * ```
 *
 * A boundary lies before and after each write that reaches the store: a flush of the journal and the inbox, between the
 * writes that one flush gathers, and the saving of a checkpoint; and after the scenario has ended. A death between the
 * call of a side effect and its record is the one before the flush that has the record. What the store forgets
 * by itself, ended messages whose window has closed, is no boundary.
 *
 * Found without the invariant's help: work that is never finished after a crash, and a message that a crash gets parked.
 *
 * @returns what was tested, when nothing was found
 * @throws CrashPointsFailedError naming each boundary after which something was wrong, or what was wrong without a crash
 * @throws TooManyCrashPointsError, InvalidCrashPointOptionError
 * @publicApi
 */
export async function everyCrashPoint<World = undefined>(
  scenario: CrashScenario<World>,
  invariant: CrashInvariant<World>,
  options: CrashPointOptions = {},
): Promise<CrashReport> {
  checkParts(scenario, invariant);
  const job = { scenario, invariant, options: resolveCrashPointOptions(options), parkedAnyway: null };
  const first = await runWithCrashes(job, []);
  if (first.failure !== null) throw new CrashPointsFailedError([first.failure], 0, tellFirstRun(first.failure));
  const search = new Search({ ...job, parkedAnyway: first.parked });
  await search.below([], choose(first.passed, job.options.only?.slice(0, 1)));
  return search.result();
}

/** Tries boundary after boundary, and keeps what it found. */
class Search<World> {
  private readonly tested: Boundary[] = [];
  private readonly failures: CrashFailure[] = [];
  private runs = 1;

  constructor(private readonly job: CrashJob<World>) {}

  /** Dies at each of `places`, after the deaths of `before`; and then in each recovery, as deep as is wanted. */
  async below(before: readonly string[], places: readonly string[]): Promise<void> {
    const { maxBoundaries, depth, only } = this.job.options;
    const found = this.tested.length + places.length;
    if (found > maxBoundaries) throw new TooManyCrashPointsError(found, maxBoundaries);
    for (const place of places) {
      const deaths = [...before, place];
      if (only !== null && deaths.length < only.length) {
        await this.below(deaths, only.slice(deaths.length));
        continue;
      }
      const { boundary, passed, failure } = await this.run(deaths);
      this.tested.push(boundary);
      if (failure !== null) this.failures.push(failure);
      else if (deaths.length < depth && only === null)
        await this.below(
          deaths,
          passed.map(({ id }) => id),
        );
    }
  }

  async result(): Promise<CrashReport> {
    if (this.failures.length === 0) return { boundaries: this.tested, runs: this.runs };
    const again = await this.run([]);
    const leak = again.failure?.error ?? null;
    const report = tellFailures(this.failures, this.tested.length, leak);
    throw new CrashPointsFailedError(this.failures, this.tested.length, report);
  }

  private run(deaths: readonly string[]): ReturnType<typeof runWithCrashes> {
    this.runs++;
    return runWithCrashes(this.job, deaths);
  }
}

function choose(passed: readonly Boundary[], only: readonly string[] | undefined): readonly string[] {
  const all = passed.map(({ id }) => id);
  const missing = only?.find((id) => !all.includes(id));
  if (missing !== undefined)
    throw new InvalidCrashPointOptionError('only', `names ${missing}; the scenario passes ${all.join(', ')}`);
  return only ?? all;
}

function checkParts(scenario: unknown, invariant: unknown): void {
  const { app, run, world, override } = (scenario ?? {}) as Partial<Record<keyof CrashScenario, unknown>>;
  if (typeof app !== 'function') throw new InvalidCrashPointOptionError('scenario.app', 'must be a function');
  if (typeof run !== 'function') throw new InvalidCrashPointOptionError('scenario.run', 'must be a function');
  if (world !== undefined && typeof world !== 'function')
    throw new InvalidCrashPointOptionError('scenario.world', 'must be a function');
  if (override !== undefined && typeof override !== 'function')
    throw new InvalidCrashPointOptionError('scenario.override', 'must be a function');
  if (typeof invariant !== 'function') throw new InvalidCrashPointOptionError('invariant', 'must be a function');
}
