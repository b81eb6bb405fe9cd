import { isPlexSpacesError, SystemEnv } from '#spi';
import { HistoryRefusedError, NotRepeatableError, SimulationFailedError } from '../errors';
import { type RunResult, type TimedDecision, runSeed } from './run-seed';
import { readSchedule, writeSchedule } from './schedule';
import { type SimulateOptions, resolveSeeds, resolveSimulation } from './simulate-options';
import { type KeptDecision, shrink } from './shrink';
import type { Simulation, SimulationRun } from './simulation';

/** What a simulation came to. @publicApi */
export interface SimulationReport {
  readonly runs: readonly SimulationRun[];
}

/**
 * Runs a scenario against the real runtime in a simulated world: virtual time, clients that come and go, a store and a
 * process that fail as the seed says. Equal seeds give equal runs, whatever the machine does. After a phase with
 * faults everything is healed, and all accepted work has to come to its end; then the invariant is asked.
 *
 * ```ts
 * await simulate({
 *   seeds: { from: 1, count: 200 },
 *   actors: [Account],
 *   scenario: async (world) => { await world.client('c').ask(Account, 'a', { attempts: 10 }).deposit(5); },
 *   invariant: async (world) => expect(await (await world.ref(Account, 'a')).ask.balance()).toBe(5),
 * });
 * ```
 * One at a time in a process.
 * @throws SimulationFailedError for the first seed that fails, with the shortest schedule that does, and how to repeat it;
 * InvalidSimulationError, NotRepeatableError
 * @publicApi
 */
export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  const simulation = resolveSimulation(options);
  const real = new SystemEnv();
  const { from, count } = resolveSeeds(options, () => Math.floor(real.random() * 2 ** 31));
  const kept = options.schedule === undefined ? null : readSchedule(options.schedule);
  const runs: SimulationRun[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const result = await runSeed(simulation, seed, { kept });
    if (result.failure !== null) throw await explain(simulation, result, kept, options.shrink ?? true);
    const { failure: _, story: _story, warnings: _warnings, ...run } = result;
    runs.push(run);
    options.onRun?.(run);
  }
  return { runs };
}

/** Runs the seed again, shrinks what it did, and says it in words. */
async function explain(
  simulation: Simulation,
  { seed, failure, traceHash }: RunResult,
  kept: readonly KeptDecision[] | null,
  shrinks: boolean,
): Promise<Error> {
  const all: TimedDecision[] = [];
  const again = await runSeed(simulation, seed, { kept, onDecision: (decision) => all.push(decision) });
  if (again.traceHash !== traceHash || kindOf(again) !== kindOf({ failure }))
    return new NotRepeatableError(seed, `${traceHash} ${kindOf({ failure })}`, `${again.traceHash} ${kindOf(again)}`);
  const stillFails = async (fewer: readonly KeptDecision[]): Promise<boolean> =>
    kindOf(await runSeed(simulation, seed, { kept: fewer })) === kindOf(again);
  const fewest = shrinks ? await shrink(all, stillFails) : all;
  const told: TimedDecision[] = [];
  const last = await runSeed(simulation, seed, { kept: fewest, onDecision: (decision) => told.push(decision) });
  return new SimulationFailedError(
    seed,
    storyOf(last, told),
    writeSchedule(fewest),
    (last.failure ?? again.failure)?.error,
  );
}

/** Failures of one kind are taken for the same. */
function kindOf({ failure }: Pick<RunResult, 'failure'>): string {
  if (failure === null) return 'none';
  const { error } = failure;
  if (error instanceof HistoryRefusedError) return `${error.code} ${/\bH\d+\b/.exec(error.message)?.[0] ?? ''}`; // by its first rule
  if (isPlexSpacesError(error)) return error.code;
  return error instanceof Error ? error.name : 'thrown';
}

/** What was done to the application, and each decision that was not the tame one. */
function storyOf({ story }: RunResult, decisions: readonly TimedDecision[]): string[] {
  const lines = decisions.map(({ at, label, rank, value, bound }) => ({
    at,
    text: `${at.toFixed(1)} ms ${label}, ${rank + 1}. time: ${bound === 2 ? 'yes' : `${value} of 0…${bound - 1}`}`,
  }));
  for (const text of story) lines.push({ at: Number.parseFloat(text), text });
  return lines.sort((a, b) => a.at - b.at).map(({ text }) => text);
}
