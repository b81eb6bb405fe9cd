import { check } from '../app/check';
import type { Bench } from '../harness/case';
import { drive } from '../harness/drive';
import { liveBytes } from '../harness/heap';
import { IN_FLIGHT } from './ask-loop';

/** Makes many actors, keeps nothing of them outside their system. @returns bytes on the heap for each, its key included */
export async function measureIdle(wake: (name: string) => Promise<number>, bench: Bench): Promise<number> {
  const actors = bench.times(200_000, 5_000);
  let answers = 0;
  const wakeAndCount = async (name: string): Promise<void> => {
    const answer = await wake(name); // `answers += await …` would add to what it was before
    answers += answer;
  };
  await drive(1_000, IN_FLIGHT, (i) => wakeAndCount(`warm-${i}`));
  const before = await liveBytes();
  await drive(actors, IN_FLIGHT, (i) => wakeAndCount(`actor-${i}`));
  const after = await liveBytes();
  check('The sum of the answers', answers, actors + 1_000);
  return (after - before) / actors;
}
