import type { Case } from '../harness/case';
import { NactCounters } from '../harness/nact';
import { KEYS, measureAsks } from './ask-loop';

/** The same asks in nact, which keeps no journal either. */
export const run: Case = async (bench) => {
  const nact = new NactCounters();
  const counters = Array.from({ length: KEYS }, (_, i) => nact.spawn(`c${i}`));
  const figures = await measureAsks(counters, bench);
  nact.stop();
  return figures;
};
