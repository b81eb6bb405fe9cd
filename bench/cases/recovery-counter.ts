import { CheckpointedCounter } from '../app/actors';
import type { Case } from '../harness/case';
import { measureRecovery } from './recovery';

/** State of one number: what the journal itself costs. */
export const run: Case = (bench) => measureRecovery(CheckpointedCounter, bench);
