import { pinZstdToThisThread } from '#spi';
import { LivenessError, SimulationLimitError } from '../errors';
import { type Decision, SeededChoices } from './choices';
import { borrowLogger } from './collect-logs';
import { disarmCrashPoint } from './crash-point';
import { watchRealWorld } from './real-world';
import { RunParts } from './run-parts';
import type { Simulation, SimulationRun } from './simulation';
import { watchRejections } from './watch-rejections';

/** A phase with faults is over when the scenario is, or after this long. */
const FAULTS_FOR_MS = 10_000;
/** How often it is asked whether accepted work is left. */
const POLL_MS = 50;

/** A decision that was not the tame one, and when it was taken. */
export interface TimedDecision extends Decision {
  readonly at: number;
}

export interface RunHow {
  /** Only these decisions, everything else tame. Default: all as the seed says. */
  readonly kept?: readonly Pick<Decision, 'label' | 'rank' | 'value'>[] | null;
  readonly onDecision?: (decision: TimedDecision) => void;
}

export interface RunResult extends SimulationRun {
  readonly failure: { readonly error: unknown } | null;
  /** What was done to the application, in words, each with its time. */
  readonly story: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * One run: a phase with faults, then one without in which everything has to come to its end, then the invariant.
 * Never rejects. One at a time in a process: the clock, the logger and the named points of the runtime are its own.
 */
export async function runSeed(simulation: Simulation, seed: number, how: RunHow = {}): Promise<RunResult> {
  const { kept = null, onDecision } = how;
  let time = (): number => 0;
  const note = onDecision && ((decision: Decision): void => onDecision({ ...decision, at: time() }));
  const parts = new RunParts(simulation, seed, new SeededChoices(seed, note ?? null, kept));
  const { clock } = parts;
  time = () => clock.time;
  const giveBack = [
    await pinZstdToThisThread(),
    borrowLogger(parts.logger),
    watchRealWorld(
      () => clock.current !== null,
      (error) => clock.fail(error),
    ),
    watchRejections((error) => clock.fail(error)),
  ];
  try {
    await new Phases(simulation, parts).all();
  } catch (error) {
    clock.fail(error);
  }
  disarmCrashPoint();
  parts.node.abandon();
  await clock.breathe(); // what nobody handled in the last events belongs to this run, not to the next
  for (const back of giveBack) back();
  return resultOf(seed, parts, clock.failure);
}

class Phases {
  private healedAt = Infinity;

  constructor(
    private readonly simulation: Simulation,
    private readonly parts: RunParts,
  ) {}

  async all(): Promise<void> {
    const { parts, simulation } = this;
    const { clock, world } = parts;
    parts.start();
    const scenario = this.carryOut('the scenario', () => simulation.scenario(world));
    await this.until(() => (scenario.isOver && !parts.isDisturbed) || clock.time >= FAULTS_FOR_MS);
    this.healedAt = clock.time;
    parts.heal();
    await this.until(() => scenario.isOver);
    const rest = this.carryOut('accepted work', () => this.workIsDone());
    await this.until(() => rest.isOver);
    this.healedAt = clock.time;
    const verdict = this.carryOut('the invariant', () => simulation.invariant(world));
    await this.until(() => verdict.isOver);
  }

  /** Starts something in the world; what it throws ends the run. */
  private carryOut(what: string, start: () => unknown): { readonly isOver: boolean } {
    const progress = { isOver: false };
    const { clock, open } = this.parts;
    const item = open.add(what);
    const run = async (): Promise<void> => {
      try {
        await start();
        progress.isOver = true;
        item.close();
      } catch (error) {
        clock.fail(error);
      }
    };
    clock.world.immediate(() => void run());
    return progress;
  }

  private async workIsDone(): Promise<void> {
    const { parts } = this;
    let open: { close(): void }[] = [];
    for (;;) {
      const backlog = await parts.backlog();
      for (const item of open) item.close();
      if (backlog.length === 0 && parts.isSettled) return parts.sleep(POLL_MS); // the process hears of its last commit
      open = backlog.map((actor) => parts.open.add(`${actor} has messages`));
      await parts.sleep(POLL_MS);
    }
  }

  private async until(isSo: () => boolean): Promise<void> {
    const { clock } = this.parts;
    await clock.run(() => {
      this.checkLimits();
      return isSo();
    });
    if (!isSo()) throw new LivenessError(Math.round(clock.time - this.healedAt), this.hanging()); // nothing will ever happen
  }

  private checkLimits(): void {
    const { clock } = this.parts;
    const { maxEvents, timeLimitMs, livenessMs } = this.simulation;
    if (clock.count > maxEvents) throw new SimulationLimitError('maxEvents', this.hanging(), maxEvents);
    if (clock.time > timeLimitMs) throw new SimulationLimitError('timeLimit', this.hanging(), timeLimitMs);
    if (clock.time - this.healedAt > livenessMs) throw new LivenessError(livenessMs, this.hanging());
  }

  private hanging(): string[] {
    const { node, open } = this.parts;
    return [...open.all, ...(node.isUp ? [] : ['the application is not up'])];
  }
}

function resultOf(seed: number, parts: RunParts, failure: RunResult['failure']): RunResult {
  const { clock, node, log, story, warnings } = parts;
  const calls = { ok: 0, fail: 0, info: 0 };
  const ids = new Set<string>();
  const answered = new Set<string>();
  for (const { id, outcome } of log.records) {
    calls[outcome]++;
    ids.add(id);
    if (outcome === 'ok') answered.add(id);
  }
  return {
    seed,
    traceHash: clock.traceHash,
    events: clock.count,
    ms: clock.time,
    lives: node.lives,
    calls,
    requests: { all: ids.size, ok: answered.size },
    faults: parts.faultsFired,
    story,
    warnings,
    failure,
  };
}
