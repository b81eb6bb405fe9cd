import type { CaseName } from '../cases';
import { LOADS, type LoadFigure, type LoadMeasure, METHODS } from '../compare/counters';
import { median } from '../harness/statistics';
import type { Run } from './judge';

type Method = (typeof METHODS)[number];
type Load = (typeof LOADS)[number];

/** One system of the comparison. */
export interface Contestant {
  readonly name: CaseName;
  readonly label: string;
  /** Whom of ours it is compared with: the one on the same server. `null`: it is ours. */
  readonly ours: CaseName | null;
  /** At 50 in flight: for ours asks per second, for others how many times as fast ours has to be. */
  readonly goals: Partial<Record<Method, number>>;
  /** Milliseconds that the median of `add` may take one at a time. */
  readonly p50Goal?: number;
}

const JUDGED: Load = 50;

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: 'ours-postgres',
    label: 'PlexSpaces, Postgres',
    ours: null,
    goals: { add: 15_000, addRated: 10_000 },
    p50Goal: 1.5,
  },
  { name: 'peer-dbos', label: 'DBOS, Postgres', ours: 'ours-postgres', goals: { add: 10, addRated: 10 } },
  { name: 'peer-nact', label: 'nact, Postgres', ours: 'ours-postgres', goals: { add: 1, addRated: 1 } },
  { name: 'peer-restate', label: 'Restate', ours: 'ours-postgres', goals: { add: 8, addRated: 8 } },
  { name: 'ours-redis', label: 'PlexSpaces, Redis', ours: null, goals: { add: 12_000 } },
  { name: 'peer-bullmq', label: 'BullMQ, Redis', ours: 'ours-redis', goals: { add: 4, addRated: 4 } },
  { name: 'ours-sqlite', label: 'PlexSpaces, SQLite', ours: null, goals: {} },
];

export const PEER_CASES = CONTESTANTS.map(({ name }) => name);

/** A line of the table with its verdict. */
export interface PeerRow {
  readonly method: Method;
  readonly inFlight: Load;
  readonly label: string;
  /** Medians of the runs. `null`: it was not measured, or cannot be counted. */
  readonly measured: Readonly<Record<LoadMeasure, number | null>>;
  /** Ours divided by it, in the same run. `null`: it is ours, or one of them is missing. */
  readonly factor: number | null;
  readonly goals: readonly { readonly text: string; readonly isMet: boolean }[];
  /** Why there are no figures. */
  readonly missing: string | null;
}

const MEASURES: readonly LoadMeasure[] = ['opsPerSecond', 'p50Ms', 'p99Ms', 'commitsPerOp', 'fsyncsPerOp'];

/** Pure. @param failures why a case has no figures */
export function judgePeers(
  runs: readonly Run[],
  names: readonly CaseName[],
  failures: ReadonlyMap<CaseName, string>,
): readonly PeerRow[] {
  const contestants = CONTESTANTS.filter(({ name }) => names.includes(name));
  return METHODS.flatMap((method) =>
    LOADS.flatMap((inFlight) =>
      contestants.map((contestant) => judgePeer(contestant, method, inFlight, runs, failures)),
    ),
  );
}

function judgePeer(
  contestant: Contestant,
  method: Method,
  inFlight: Load,
  runs: readonly Run[],
  failures: ReadonlyMap<CaseName, string>,
): PeerRow {
  const { name, label, ours } = contestant;
  const valuesOf = (of: CaseName, measure: LoadMeasure): (number | undefined)[] => {
    const figure: LoadFigure = `${method}/${inFlight}/${measure}`;
    return runs.map((run) => run[of]?.[figure]);
  };
  const [own, ofOurs] = [valuesOf(name, 'opsPerSecond'), ours === null ? [] : valuesOf(ours, 'opsPerSecond')];
  const factors = own.map((value, i) => (value === undefined ? undefined : (ofOurs[i] ?? NaN) / value));
  const measured = Object.fromEntries(MEASURES.map((measure) => [measure, middle(valuesOf(name, measure))])) as Record<
    LoadMeasure,
    number | null
  >;
  const factor = middle(factors);
  // A case that failed even once is wrong: its other runs are not shown.
  const missing = failures.get(name) ?? (measured.opsPerSecond === null ? 'it was not run' : null);
  return {
    method,
    inFlight,
    label,
    measured,
    factor,
    goals: missing === null ? goalsOf(contestant, method, inFlight, measured, factor) : [],
    missing,
  };
}

function goalsOf(
  { goals, ours, p50Goal }: Contestant,
  method: Method,
  inFlight: Load,
  { opsPerSecond, p50Ms }: PeerRow['measured'],
  factor: number | null,
): PeerRow['goals'] {
  const goal = inFlight === JUDGED ? goals[method] : undefined;
  const atLeast = goal === undefined ? [] : [fasterBy(goal, ours === null ? opsPerSecond : factor, ours)];
  const isTimed = p50Goal !== undefined && inFlight === 1 && method === 'add';
  const atMost = isTimed ? [{ text: `p50 < ${p50Goal} ms`, isMet: p50Ms !== null && p50Ms < p50Goal }] : [];
  return [...atLeast, ...atMost].filter(({ text }) => text !== '');
}

function fasterBy(goal: number, value: number | null, ours: CaseName | null): { text: string; isMet: boolean } {
  if (ours === null) return { text: `≥ ${goal.toLocaleString('en-US')}/s`, isMet: value !== null && value >= goal };
  if (value === null) return { text: '', isMet: false }; // ours is missing: nothing to judge
  return { text: goal === 1 ? '> 1x' : `≥ ${goal}x`, isMet: goal === 1 ? value > goal : value >= goal };
}

function middle(values: readonly (number | undefined)[]): number | null {
  const known = values.filter((value) => value !== undefined && !Number.isNaN(value));
  return known.length === 0 ? null : median(known as number[]);
}
