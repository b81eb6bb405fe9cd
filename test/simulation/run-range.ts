import { simulate, type SimulationRun } from 'plexspaces/testing';
import { dutyWorkload } from './duty-workload';
import type { SimulateCommand } from './options';
import { bankWorkload } from './workload';

const WORKLOADS = { bank: bankWorkload, duty: dutyWorkload };

/** What a range of seeds came to. */
export interface RangeTotals {
  runs: number;
  events: number;
  /** Virtual. */
  hours: number;
  lives: number;
  /** Attempts. */
  readonly calls: { ok: number; fail: number; info: number };
  /** Calls, however often tried. */
  readonly requests: { all: number; ok: number };
  /** How often each fault struck, by name. */
  readonly faults: Record<string, number>;
  readonly failures: { readonly seed: number; readonly message: string }[];
}

export function noTotals(): RangeTotals {
  return {
    runs: 0,
    events: 0,
    hours: 0,
    lives: 0,
    calls: { ok: 0, fail: 0, info: 0 },
    requests: { all: 0, ok: 0 },
    faults: {},
    failures: [],
  };
}

/** Each seed by itself, so that a failing one does not end the others. */
export async function runRange(
  { from, count, shrink, workload }: Pick<SimulateCommand, 'from' | 'count' | 'shrink' | 'workload'>,
  onRun: (totals: RangeTotals) => void,
): Promise<RangeTotals> {
  const totals = noTotals();
  for (let seed = from; seed < from + count; seed++) {
    try {
      await simulate({ ...WORKLOADS[workload], seed, shrink, onRun: (run) => addRun(totals, run) });
    } catch (error) {
      totals.runs++;
      totals.failures.push({ seed, message: error instanceof Error ? error.message : String(error) });
    }
    onRun(totals);
  }
  return totals;
}

function addRun(totals: RangeTotals, run: SimulationRun): void {
  totals.runs++;
  totals.events += run.events;
  totals.hours += run.ms / 3_600_000;
  totals.lives += run.lives;
  totals.calls.ok += run.calls.ok;
  totals.calls.fail += run.calls.fail;
  totals.calls.info += run.calls.info;
  totals.requests.all += run.requests.all;
  totals.requests.ok += run.requests.ok;
  for (const [name, count] of Object.entries(run.faults)) totals.faults[name] = (totals.faults[name] ?? 0) + count;
}

/** Of two jobs together. */
export function addTotals(a: RangeTotals, b: RangeTotals): RangeTotals {
  const faults = { ...a.faults };
  for (const [name, count] of Object.entries(b.faults)) faults[name] = (faults[name] ?? 0) + count;
  return {
    runs: a.runs + b.runs,
    events: a.events + b.events,
    hours: a.hours + b.hours,
    lives: a.lives + b.lives,
    calls: {
      ok: a.calls.ok + b.calls.ok,
      fail: a.calls.fail + b.calls.fail,
      info: a.calls.info + b.calls.info,
    },
    requests: { all: a.requests.all + b.requests.all, ok: a.requests.ok + b.requests.ok },
    faults,
    failures: [...a.failures, ...b.failures].sort((x, y) => x.seed - y.seed),
  };
}
