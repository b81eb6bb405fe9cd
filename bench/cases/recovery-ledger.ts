import { Ledger } from '../app/actors';
import type { Case } from '../harness/case';
import { measureRecovery } from './recovery';

/** State that grows with every message. */
export const run: Case = (bench) => measureRecovery(Ledger, bench);
