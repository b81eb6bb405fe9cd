import type { Choices } from './choices';
import type { Faults } from './fault-mix';
import type { CallLog } from './sim-client';
import type { SimClock } from './sim-clock';
import type { SimNode } from './sim-node';

/** What the parts of a run share. */
export interface WorldParts {
  readonly clock: SimClock;
  readonly choices: Choices;
  readonly node: SimNode;
  readonly log: CallLog;
  /** Those in force: none after the heal. */
  readonly faults: Faults;
  /** Counts a fault that struck. */
  note(fault: string): void;
  sleep(ms: number): Promise<void>;
  /** Something begins that has to end; says who hangs when it does not. */
  opens(what: string): { close(): void };
}
