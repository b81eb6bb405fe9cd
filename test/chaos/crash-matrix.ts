import { Random } from '../../libs/testing/src/conformance/random';
import type { FailpointName } from 'plexspaces/spi';
import { type CrashPoint, crashPoint } from './crash-points';
import { CrashStore, type Life, type StorePlan } from './crash-store';
import { shuffled } from './workload';

/** Which deaths there are. */
export interface MatrixScope {
  readonly points: readonly CrashPoint[];
  /** Deaths per point, at least. */
  readonly runs: number;
  readonly seed: number;
}

export interface LaneOptions {
  /** Stores that are worked on at the same time. */
  readonly lanes: number;
  /** Hears of each store as it is done. */
  readonly onStore?: (result: StoreResult, done: number, all: number) => void;
}

export interface StoreResult {
  readonly plan: StorePlan;
  readonly lives: readonly Life[];
  readonly problems: readonly string[];
  /** Messages of its history. */
  readonly requests: number;
}

/** Deaths on one store. */
const CHAIN = 9;

/** Spreads the deaths over stores, in an order drawn from the seed: what one death leaves is what the next life starts on. */
export function planStores({ points, runs, seed }: MatrixScope): StorePlan[] {
  const random = new Random(seed);
  const all = Array.from({ length: runs }, () => shuffled(points, random)).flat();
  const ordinary = all.filter(({ isFirst, isInFiles }) => isFirst !== true && isInFiles !== true);
  const chains = chunks(ordinary, CHAIN);
  all
    .filter(({ isFirst }) => isFirst)
    .forEach((point, i) => {
      if (chains[i] === undefined) chains.push([point]);
      else chains[i].unshift(point);
    });
  const inFiles = chunks(
    all.filter(({ isInFiles }) => isInFiles),
    CHAIN,
  );
  return [...chains.map((chain) => [chain, false] as const), ...inFiles.map((chain) => [chain, true] as const)].map(
    ([chain, hasFiles]) => ({ seed: random.below(2 ** 31), points: withForerunners(chain), hasFiles }),
  );
}

/** @returns all stores, in the order of the plan */
export async function runStores(plans: readonly StorePlan[], { lanes, onStore }: LaneOptions): Promise<StoreResult[]> {
  const results: StoreResult[] = [];
  let next = 0;
  let done = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < plans.length; index = next++) {
      const result = await runStore(plans[index] as StorePlan);
      results[index] = result;
      onStore?.(result, ++done, plans.length);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}

async function runStore(plan: StorePlan): Promise<StoreResult> {
  const store = new CrashStore(plan);
  const { problems, requests } = await store.run();
  return { plan, lives: store.lives, problems, requests };
}

function withForerunners(chain: readonly CrashPoint[]): CrashPoint[] {
  const lives: CrashPoint[] = [];
  for (const point of chain) {
    if (point.after !== undefined && lives.at(-1)?.name !== point.after) lives.push(crashPoint(point.after));
    lives.push(point);
  }
  return lives;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

export interface MatrixRow {
  readonly point: FailpointName;
  /** Lives that were to end there. */
  readonly runs: number;
  /** Those that did; the others prove nothing, and another one took the place of each. */
  readonly hits: number;
  readonly ok: number;
  readonly info: number;
  /** Of the stores it was struck on. */
  readonly problems: number;
}

/** A line per point. */
export function tabulate(points: readonly CrashPoint[], results: readonly StoreResult[]): MatrixRow[] {
  return points.map(({ name }) => {
    const own = results.filter(({ lives }) => lives.some(({ point }) => point === name));
    const lives = own.flatMap((result) => result.lives.filter(({ point }) => point === name));
    return {
      point: name,
      runs: lives.length,
      hits: sum(lives.map(({ hits }) => hits)),
      ok: sum(lives.map(({ ok }) => ok)),
      info: sum(lives.map(({ info }) => info)),
      problems: sum(own.map(({ problems }) => problems.length)),
    };
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
