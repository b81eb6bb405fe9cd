import { PlainCounter } from '../app/actors';
import { startApp } from '../app/start-app';
import type { Case } from '../harness/case';
import { type Add, KEYS, measureAsks } from './ask-loop';

/** No durability, no facets. */
export const run: Case = async (bench) => {
  const app = await startApp(null, PlainCounter);
  const client = app.client(PlainCounter);
  const counters: Add[] = [];
  for (let i = 0; i < KEYS; i++) {
    const ref = await client.spawn(`c${i}`);
    counters.push((by) => ref.ask.add(by));
  }
  const figures = await measureAsks(counters, bench);
  await app.close();
  return figures;
};
