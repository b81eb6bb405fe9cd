import type { WorkloadName } from '../simulation/options';

/** One place of the source, and what stands there instead. `find` occurs exactly once in the file. */
export interface Edit {
  /** Path from the root of the project. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A planted bug that breaks a promise of DESIGN §3: the simulation must find it, or it proves nothing. */
export interface Mutant {
  readonly name: string;
  /** The promises it breaks. */
  readonly breaks: string;
  /** What it does wrong, in words. */
  readonly what: string;
  readonly edits: readonly Edit[];
  /** Whose simulation finds it. Default: the bank's. */
  readonly workload?: WorkloadName;
}
