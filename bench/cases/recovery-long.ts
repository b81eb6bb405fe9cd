import { CheckpointedCounter } from '../app/actors';
import type { Case } from '../harness/case';
import { measureLongReplay } from './recovery';

/** 100,000 entries each. */
export const run: Case = (bench) => measureLongReplay(CheckpointedCounter, 100_000, 3, bench);
