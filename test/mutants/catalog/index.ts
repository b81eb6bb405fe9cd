import type { Mutant } from '../mutant';
import { DUTY_MUTANTS } from './duty-mutants';
import { OWNERSHIP_MUTANTS } from './ownership-mutants';
import { RECOVERY_MUTANTS } from './recovery-mutants';
import { RETENTION_MUTANTS } from './retention-mutants';
import { STORE_MUTANTS } from './store-mutants';
import { TURN_MUTANTS } from './turn-mutants';

export const MUTANTS: readonly Mutant[] = [
  ...STORE_MUTANTS,
  ...TURN_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...RETENTION_MUTANTS,
  ...OWNERSHIP_MUTANTS,
  ...DUTY_MUTANTS,
];
