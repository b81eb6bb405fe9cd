import { FacetedCounter, FirstFacet, SecondFacet, ThirdFacet } from '../app/actors';
import { startApp } from '../app/start-app';
import type { Case } from '../harness/case';
import { type Add, KEYS, measureAsks } from './ask-loop';

/** No durability, three facets that only pass on. */
export const run: Case = async (bench) => {
  const app = await startApp(null, FacetedCounter, FirstFacet, SecondFacet, ThirdFacet);
  const client = app.client(FacetedCounter);
  const counters: Add[] = [];
  for (let i = 0; i < KEYS; i++) {
    const ref = await client.spawn(`c${i}`);
    counters.push((by) => ref.ask.add(by));
  }
  const figures = await measureAsks(counters, bench);
  await app.close();
  return figures;
};
