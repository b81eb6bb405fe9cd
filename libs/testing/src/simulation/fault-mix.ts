import { InvalidSimulationError } from '../errors';
import type { Choices } from './choices';
import type { StorageFaults } from './disk';

/**
 * What may go wrong, and how probably at most. Each seed draws a mix of its own, in which about a third of the
 * faults are left out, so that some runs have few kinds of them and many of each.
 */
export interface Faults {
  /** Of each disruption: the process is killed. What it had written stays. */
  readonly processCrash: number;
  /** Of each disruption: the power fails. What was not synced is lost but for a part of it. */
  readonly powerLoss: number;
  /** Of each disruption: the process stops for a while (SIGSTOP), and its successor may start meanwhile. */
  readonly pause: number;
  /** Of each disruption: the process is asked to end, and started again. */
  readonly gracefulRestart: number;
  /** Of each disruption: the wall clock jumps by some seconds, back or forth. Of each pause: it stands still meanwhile. */
  readonly clockJump: number;
  /** Of each event of a process: it happens a little late. */
  readonly slowProcess: number;
  /** Of each call of a client: its request does not arrive. */
  readonly requestLost: number;
  /** Of each call of a client: its answer does not arrive. */
  readonly replyLost: number;
  /** Of each effect: the outside world answers with an error, after carrying it out or not. */
  readonly effectFails: number;
  /** The longest a store takes for a request, and again to sync it, in milliseconds. */
  readonly storeLatencyMs: number;
  /** Of each change: it is rejected, and nothing was written. */
  readonly storeFailsUnapplied: number;
  /** Of each change: it is rejected, and was written, or the first part of it. */
  readonly storeFailsApplied: number;
  /** Of each change: it is never answered. */
  readonly storeNeverAnswers: number;
  /** Of each change: there is no space left, for a while. */
  readonly outOfSpace: number;
  /** Of each read: it is rejected. */
  readonly readFails: number;
  /** Of each look at a checkpoint: a bit of the newest has flipped, where one saved before it was sound. */
  readonly checkpointRots: number;
  /** Of each claim of the store's lease, and of its answer: it takes up to as long as the lease itself. */
  readonly leaseSlow: number;
}

export type FaultName = keyof Faults;

/** The most that a seed draws unless it is told otherwise. */
export const DEFAULT_FAULTS: Faults = {
  processCrash: 1,
  powerLoss: 1,
  pause: 1,
  gracefulRestart: 0.5,
  clockJump: 0.3,
  slowProcess: 0.2,
  requestLost: 0.05,
  replyLost: 0.1,
  effectFails: 0.1,
  storeLatencyMs: 20,
  storeFailsUnapplied: 0.1,
  storeFailsApplied: 0.1,
  storeNeverAnswers: 0.005,
  outOfSpace: 0.02,
  readFails: 0.05,
  checkpointRots: 0.1,
  leaseSlow: 0.3,
};

export const NO_FAULTS: Faults = Object.fromEntries(Object.keys(DEFAULT_FAULTS).map((name) => [name, 0])) as Record<
  FaultName,
  number
>;

/** The most each fault may come to. `faults` names those that differ from the default; 'none' leaves all out. @throws InvalidSimulationError */
export function resolveFaults(given: Partial<Faults> | 'none' | undefined): Faults {
  if (given === undefined) return DEFAULT_FAULTS;
  if (given === 'none') return NO_FAULTS;
  if (typeof given !== 'object' || given === null)
    throw new InvalidSimulationError('faults', `must be an object of probabilities or 'none', not ${String(given)}`);
  for (const [name, most] of Object.entries(given) as [string, unknown][]) {
    if (!Object.hasOwn(DEFAULT_FAULTS, name))
      throw new InvalidSimulationError(
        `faults.${name}`,
        `is no fault there is. Known: ${Object.keys(DEFAULT_FAULTS).join(', ')}`,
      );
    const ceiling = name === 'storeLatencyMs' ? 60_000 : 1;
    if (typeof most !== 'number' || !(most >= 0 && most <= ceiling))
      throw new InvalidSimulationError(
        `faults.${name}`,
        `must be ${ceiling === 1 ? 'a probability from 0 to 1' : `from 0 to ${ceiling}`}, not ${String(most)}`,
      );
  }
  return { ...DEFAULT_FAULTS, ...given };
}

/** Shares of the most. */
const LEVELS = [0, 0, 0.1, 0.3, 0.6, 1] as const;

/** The mix of one seed. Pure but for the choices. */
export function drawFaults(most: Faults, choices: Choices): Faults {
  const mix = Object.entries(most).map(([name, limit]) => {
    const share = LEVELS[choices.below(LEVELS.length, `mix.${name}`)] as number;
    return [name, (limit as number) * share];
  });
  return Object.fromEntries(mix) as Record<FaultName, number>;
}

/** What a store is told of it. */
export function storageFaultsOf(mix: Faults): StorageFaults {
  return {
    latencyMs: Math.ceil(mix.storeLatencyMs),
    failUnapplied: mix.storeFailsUnapplied,
    failApplied: mix.storeFailsApplied,
    neverAnswers: mix.storeNeverAnswers,
    outOfSpace: mix.outOfSpace,
    readFails: mix.readFails,
    checkpointRots: mix.checkpointRots,
    leaseSlow: mix.leaseSlow,
  };
}
