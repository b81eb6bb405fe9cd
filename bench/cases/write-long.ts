import { CheckpointedCounter } from '../app/actors';
import { writeHistory } from '../app/history';
import type { Case } from '../harness/case';

/** The past of the actor that `replay-memory` brings back, written in a process of its own. */
export const run: Case = async (bench) => {
  const { turns, entries } = await writeHistory(
    await bench.store(),
    CheckpointedCounter,
    ['long'],
    bench.times(1_000_000, 300),
  );
  return { turns, entries };
};
