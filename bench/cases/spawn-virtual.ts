import type { Type } from '@nestjs/common';
import { DurableCounter, PassiveCounter, PassiveDurableCounter, VirtualCounter } from '../app/actors';
import { check } from '../app/check';
import { startApp, startOn } from '../app/start-app';
import type { Bench, Case } from '../harness/case';
import { drive } from '../harness/drive';
import { IN_FLIGHT } from './ask-loop';
import { measureIdle } from './idle-heap';

interface Counter {
  add(by: number): number;
}

/** First message of virtual actors that never were: each is made, and answers. */
export const spawnVirtual: Case = async (bench) => {
  const app = await startApp(null, VirtualCounter);
  const client = app.client(VirtualCounter);
  let answers = 0;
  const touch = async (key: string): Promise<void> => {
    const answer = await client.ref(key).ask.add(1); // `answers += await …` would add to what it was before
    answers += answer;
  };
  const [warmUp, keys] = [bench.times(5_000), bench.times(100_000)];
  await drive(warmUp, IN_FLIGHT, (i) => touch(`warm${i}`));
  const opsPerSecond = await drive(keys, IN_FLIGHT, (i) => touch(`c${i}`));
  check('The sum of the answers', answers, warmUp + keys);
  await app.close();
  return { opsPerSecond };
};

async function heapOf(bench: Bench, cls: Type<Counter>, isDurable: boolean): Promise<{ bytesPerActor: number }> {
  const app = isDurable ? await startOn(await bench.store(), cls) : await startApp(null, cls);
  const client = app.client(cls);
  const bytesPerActor = await measureIdle((name) => client.ref(name).ask.add(1), bench);
  await app.close();
  return { bytesPerActor };
}

/** In memory with an instance. */
export const heapActive: Case = (bench) => heapOf(bench, VirtualCounter, false);
export const heapActiveDurable: Case = (bench) => heapOf(bench, DurableCounter, true);
/** Passive: all but one leave at once. Without a journal its encoded state stays, with one nothing does. */
export const heapPassive: Case = (bench) => heapOf(bench, PassiveCounter, false);
export const heapPassiveDurable: Case = (bench) => heapOf(bench, PassiveDurableCounter, true);
