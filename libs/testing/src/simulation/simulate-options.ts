import type { Provider, Type } from '@nestjs/common';
import type { PlexSpacesOptions } from '#core';
import { type Duration, parseDuration } from '#spi';
import { InvalidSimulationError } from '../errors';
import { type Faults, resolveFaults } from './fault-mix';
import type { SimWorld } from './sim-world';
import type { Simulation, SimulationRun } from './simulation';

/** @publicApi */
export interface SimulateOptions {
  /** One run. Default: `PLEXSPACES_SEED`, else one that is made up; it is in the report, and in the error. */
  readonly seed?: number;
  /** Many runs, one after the other. */
  readonly seeds?: { readonly from: number; readonly count: number };
  /** With `seed`: only these decisions, everything else tame. As an error printed it. */
  readonly schedule?: readonly string[];
  /** Actor classes, as `forFeature` takes them. */
  readonly actors: readonly Type<object>[];
  /** What they need. Inject {@link Outside} where the real code calls an external service, ENV for the clock. */
  readonly providers?: readonly Provider[];
  /** As for `PlexSpacesModule.forRoot`. `development` defaults to false here. */
  readonly options?: PlexSpacesOptions;
  /** The most of each fault that a seed may draw; 'none' for none at all. */
  readonly faults?: Partial<Faults> | 'none';
  /** A seed may set checkpoint interval, compression, idle timeout and mailbox of the actors, overlap answers with commits, and give the store leases. Default true. */
  readonly buggify?: boolean;
  /** What clients do. It has to end. */
  readonly scenario: (world: SimWorld) => unknown;
  /** Throws when something is wrong in the end. */
  readonly invariant?: (world: SimWorld) => unknown;
  /** Virtual time of one run. Default '2h'. */
  readonly timeLimit?: Duration;
  /** Virtual time after the last fault within which everything has to end. Default '20m'. */
  readonly liveness?: Duration;
  /** Default 1,000,000. */
  readonly maxEvents?: number;
  /** Look for the shortest schedule that fails. Default true. */
  readonly shrink?: boolean;
  /** Told after each run. */
  readonly onRun?: (run: SimulationRun) => void;
}

const KNOWN = [
  'seed',
  'seeds',
  'schedule',
  'actors',
  'providers',
  'options',
  'faults',
  'buggify',
  'scenario',
  'invariant',
  'timeLimit',
  'liveness',
  'maxEvents',
  'shrink',
  'onRun',
];

/** @throws InvalidSimulationError naming the option */
export function resolveSimulation(given: SimulateOptions): Simulation {
  if (typeof given !== 'object' || given === null)
    throw new InvalidSimulationError('…', 'must be given an object of options');
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name))
      throw new InvalidSimulationError(name, `is no option there is. Known: ${KNOWN.join(', ')}`);
  }
  const { actors, providers = [], options = {}, buggify = true, scenario, invariant = () => undefined } = given;
  if (!Array.isArray(actors) || actors.length === 0)
    throw new InvalidSimulationError('actors', 'must be a list of at least one actor class');
  if (!Array.isArray(providers)) throw new InvalidSimulationError('providers', 'must be a list');
  return {
    actors,
    providers,
    options: { development: false, ...options },
    faults: resolveFaults(given.faults),
    buggify,
    scenario: callable('scenario', scenario),
    invariant: callable('invariant', invariant),
    timeLimitMs: span('timeLimit', given.timeLimit ?? '2h'),
    livenessMs: span('liveness', given.liveness ?? '20m'),
    maxEvents: whole('maxEvents', given.maxEvents ?? 1_000_000, 1),
  };
}

/** @throws InvalidSimulationError */
export function resolveSeeds(
  { seed, seeds, schedule }: Pick<SimulateOptions, 'seed' | 'seeds' | 'schedule'>,
  makeUp: () => number,
): { readonly from: number; readonly count: number } {
  if (schedule !== undefined && seed === undefined)
    throw new InvalidSimulationError('schedule', 'belongs to one seed: give that as well');
  if (seeds === undefined) return { from: whole('seed', seed ?? seedOfEnvironment() ?? makeUp(), 0), count: 1 };
  if (seed !== undefined) throw new InvalidSimulationError('seeds', 'and seed exclude each other');
  return { from: whole('seeds.from', seeds.from, 0), count: whole('seeds.count', seeds.count, 1) };
}

function seedOfEnvironment(): number | undefined {
  const given = process.env['PLEXSPACES_SEED'];
  return given === undefined || given === '' ? undefined : Number(given);
}

function callable<F>(option: string, given: F): F {
  if (typeof given === 'function') return given;
  throw new InvalidSimulationError(option, `must be a function, not ${String(given)}`);
}

function whole(option: string, given: unknown, least: number): number {
  if (Number.isSafeInteger(given) && (given as number) >= least) return given as number;
  throw new InvalidSimulationError(option, `must be a whole number from ${least} up, not ${String(given)}`);
}

function span(option: string, given: Duration): number {
  try {
    const ms = parseDuration(given);
    if (ms > 0) return ms;
  } catch (error) {
    throw new InvalidSimulationError(option, `is refused: ${String(error)}`);
  }
  throw new InvalidSimulationError(option, 'must be above 0');
}
