import { ManyCounter } from '../app/actors';
import { check } from '../app/check';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { drive } from '../harness/drive';
import { liveBytes } from '../harness/heap';
import { IN_FLIGHT } from './ask-loop';

/** A million durable actors are addressed, a hundred thousand may be in memory: the first of them all answer again. */
export const run: Case = async (bench) => {
  const app = await startOn(await bench.store(), ManyCounter);
  const client = app.client(ManyCounter);
  const keys = bench.times(1_000_000, 100);
  let answers = 0;
  const touch = async (i: number): Promise<void> => {
    const answer = await client.ref(`k${i}`).ask.add(1);
    answers += answer;
  };
  const before = await liveBytes();
  const opsPerSecond = await drive(keys, IN_FLIGHT, touch);
  const after = await liveBytes();
  const again = bench.times(10_000, 10);
  const againOpsPerSecond = await drive(again, IN_FLIGHT, touch);
  check('The sum of the answers', answers, keys + 2 * again);
  await app.close();
  return { opsPerSecond, againOpsPerSecond, heapBytes: after - before, residentBytes: process.memoryUsage.rss() };
};
