import { check } from '../app/check';
import type { Bench, Figures } from '../harness/case';
import { drive, timeEach } from '../harness/drive';
import { latencies } from '../harness/statistics';

export const KEYS = 100;
export const IN_FLIGHT = 50;

/** A counter somewhere: adds to it and answers its new value. */
export type Add = (by: number) => Promise<number>;

/** Asks of primitives, spread over the counters: 50 in flight, then one at a time. Ours and the peers' alike. */
export async function measureAsks(counters: readonly Add[], bench: Bench): Promise<Figures> {
  const add = (index: number): Promise<number> => (counters[index % counters.length] as Add)(1);
  const [warmUp, many, single] = [bench.times(300_000), bench.times(1_500_000), bench.times(300_000)];

  await drive(warmUp, IN_FLIGHT, add);
  const opsPerSecond = await drive(many, IN_FLIGHT, add);
  await drive(warmUp / 10, 1, add);
  const singleOpsPerSecond = await drive(single, 1, add);

  const values = await Promise.all(counters.map((counter) => counter(0)));
  const asked = warmUp + many + single + Math.ceil(warmUp / 10);
  check('The sum of the counters', sum(values), asked);
  return { opsPerSecond, singleOpsPerSecond };
}

/** The same for counters that survive a crash: fewer asks. `asked` is how many there were in all. */
export async function measureDurableAsks(
  counters: readonly Add[],
  bench: Bench,
): Promise<{ readonly opsPerSecond: number; readonly asked: number }> {
  const add = (index: number): Promise<number> => (counters[index % counters.length] as Add)(1);
  const [warmUp, many] = [bench.times(8_000), bench.times(50_000)];

  await drive(warmUp, IN_FLIGHT, add);
  const opsPerSecond = await drive(many, IN_FLIGHT, add);

  const values = await Promise.all(counters.map((counter) => counter(0)));
  check('The sum of the counters', sum(values), warmUp + many);
  return { opsPerSecond, asked: warmUp + many + counters.length };
}

/** One at a time, so that nobody shares a flush. */
export async function measureLatency(add: Add, bench: Bench): Promise<Figures> {
  await timeEach(bench.times(1_000), () => add(1));
  return latencies(await timeEach(bench.times(3_000), () => add(1)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
