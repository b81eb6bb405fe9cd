import { CheckpointedCounter } from '../app/actors';
import { check } from '../app/check';
import { hideCheckpoints } from '../app/history';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { runInProcess } from '../harness/case-process';
import { liveBytes } from '../harness/heap';

const SAMPLE_MS = 10;

/** How far the process grows, garbage included, while it brings back an actor of 1,000,000 entries without a checkpoint. */
export const run: Case = async (bench) => {
  const store = await bench.store();
  const { turns = NaN, entries = NaN } = await runInProcess('write-long', {
    storage: bench.storage,
    scale: bench.times(1e9) / 1e9,
    store,
  });

  const app = await startOn(store, CheckpointedCounter);
  hideCheckpoints(app.storage);
  const ref = app.client(CheckpointedCounter).ref('long');
  await liveBytes(); // collects what the start has left
  const before = process.memoryUsage.rss();
  let most = before;
  const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), SAMPLE_MS);
  const start = performance.now();
  await ref.activate();
  const ms = performance.now() - start;
  clearInterval(sampler);
  most = Math.max(most, process.memoryUsage.rss());
  check('The next answer', await ref.ask.write(), turns + 1);
  await app.close();
  return { entries, replayEntriesPerSecond: entries / (ms / 1_000), growthBytes: Math.max(1, most - before) };
};
