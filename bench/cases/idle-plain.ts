import { PlainCounter } from '../app/actors';
import { startApp } from '../app/start-app';
import type { Case } from '../harness/case';
import { measureIdle } from './idle-heap';

/** Actors without facets that have answered once and wait for more. */
export const run: Case = async (bench) => {
  const app = await startApp(null, PlainCounter);
  const client = app.client(PlainCounter);
  const bytesPerActor = await measureIdle(async (name) => (await client.spawn(name)).ask.add(1), bench);
  await app.close();
  return { bytesPerActor };
};
