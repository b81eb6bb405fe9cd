import type { Case } from '../harness/case';
import { NactCounters } from '../harness/nact';
import { measureIdle } from './idle-heap';

export const run: Case = async (bench) => {
  const nact = new NactCounters();
  const bytesPerActor = await measureIdle((name) => nact.spawn(name)(1), bench);
  nact.stop();
  return { bytesPerActor };
};
