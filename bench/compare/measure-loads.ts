import { KEYS } from '../cases/ask-loop';
import { check } from '../app/check';
import type { Bench, Figures } from '../harness/case';
import { driveFor } from '../harness/drive';
import { latencies } from '../harness/statistics';
import { type Counters, LOADS, METHODS } from './counters';

const WARM_UP_MS = 1_000;
const MEASURE_MS = 3_000;

/** Postgres tells what a connection did with the first commit that is a second after it told last. */
const REPORT_MS = 1_100;

/** Both methods at every load, for a time instead of a number: the systems differ by orders of magnitude. */
export async function measureLoads(counters: Counters, bench: Bench): Promise<Figures> {
  const figures: Record<string, number> = {};
  let asked = 0;
  for (const method of METHODS)
    for (const inFlight of LOADS) {
      const { ops, measured } = await measureLoad(counters, method, inFlight, bench);
      asked += ops;
      for (const [name, value] of Object.entries(measured)) figures[`${method}/${inFlight}/${name}`] = value;
    }
  let sum = 0;
  for (let key = 0; key < KEYS; key++) sum += await counters.add(key, 0);
  check('The sum of the counters', sum, asked);
  return figures;
}

async function measureLoad(
  counters: Counters,
  method: (typeof METHODS)[number],
  inFlight: number,
  bench: Bench,
): Promise<{ readonly ops: number; readonly measured: Figures }> {
  const add = (index: number): Promise<number> => counters[method](index % KEYS, 1);
  const before = await counters.counts();
  const warmUp = await driveFor(bench.times(WARM_UP_MS), inFlight, add);
  const load = await driveFor(bench.times(MEASURE_MS), inFlight, add);
  await new Promise((resolve) => setTimeout(resolve, bench.times(REPORT_MS)));
  const last = await driveFor(0, inFlight, add);
  const after = await counters.counts();

  const ops = warmUp.ms.length + load.ms.length + last.ms.length;
  return {
    ops,
    measured: {
      opsPerSecond: load.opsPerSecond,
      ...latencies(load.ms),
      ...perOp('commitsPerOp', before.commits, after.commits, ops),
      ...perOp('fsyncsPerOp', before.fsyncs, after.fsyncs, ops),
    },
  };
}

/** Nothing where the system does not count, or has not told yet. */
function perOp(name: string, before: number | undefined, after: number | undefined, ops: number): Figures {
  return before === undefined || after === undefined || after <= before ? {} : { [name]: (after - before) / ops };
}
