import { check } from '../app/check';
import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { drive } from '../harness/drive';
import { IN_FLIGHT } from './ask-loop';

/** First message of durable actors that never were: head row, activation record and turn. */
export const run: Case = async (bench) => {
  const app = await startOn(await bench.store(), DurableCounter);
  const client = app.client(DurableCounter);
  let answers = 0;
  const touch = async (key: string): Promise<void> => {
    const answer = await client.ref(key).ask.add(1); // `answers += await …` would add to what it was before
    answers += answer;
  };
  const [warmUp, keys] = [bench.times(1_000), bench.times(10_000)];
  await drive(warmUp, IN_FLIGHT, (i) => touch(`warm${i}`));
  const opsPerSecond = await drive(keys, IN_FLIGHT, (i) => touch(`c${i}`));
  check('The sum of the answers', answers, warmUp + keys);
  await app.close();
  return { opsPerSecond };
};
