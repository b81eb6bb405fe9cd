import { DurableCounter } from '../app/actors';
import { startOn } from '../app/start-app';
import type { Case } from '../harness/case';
import { measureDurableAsks } from './ask-loop';

/** All asks go to one actor: turns start while the commits before them are in flight (P2). */
export const run: Case = async (bench) => {
  const app = await startOn(await bench.store(), DurableCounter);
  const ref = app.client(DurableCounter).ref('hot');
  const { opsPerSecond } = await measureDurableAsks([(by) => ref.ask.add(by)], bench);
  await app.close();
  return { opsPerSecond };
};
