import type { Choices } from '../choices';
import { NO_STORAGE_FAULTS, type StorageFaults } from './storage-faults';

/** What becomes of a request that changes something. */
export interface Fate {
  readonly applies: boolean;
  readonly answers: 'result' | 'error' | 'never';
  /** Of the error. */
  readonly reason: string;
}

const DONE: Fate = { applies: true, answers: 'result', reason: '' };
const FULL: Fate = { applies: false, answers: 'error', reason: 'no space is left on the disk' };
const UNAPPLIED: Fate = { applies: false, answers: 'error', reason: 'the connection broke before the commit' };
const APPLIED: Fate = { applies: true, answers: 'error', reason: 'the connection broke after the commit' };
const SILENT: Fate = { applies: false, answers: 'never', reason: '' };
const SILENT_APPLIED: Fate = { applies: true, answers: 'never', reason: '' };

/** A disk stays full for at most so many more changes. */
const LONGEST_SHORTAGE = 8;

/** Decides which request meets which fault. A fault of probability 0 costs no choice. */
export class FaultSource {
  /** How often each fault struck, by label. */
  readonly fired = new Map<string, number>();
  private refusals = 0;
  /** What waits for longer than requests do. */
  private readonly late = new Set<() => void>();

  constructor(
    readonly choices: Choices,
    private faults: StorageFaults,
  ) {}

  /** Can something be written and not synced yet? */
  get isImmediate(): boolean {
    return this.faults.latencyMs === 0;
  }

  /** Milliseconds. */
  latency(label: string): number {
    const { latencyMs } = this.faults;
    return latencyMs === 0 ? 0 : this.choices.below(latencyMs + 1, label);
  }

  fateOf(request: string, needsSpace: boolean): Fate {
    if (needsSpace && this.isFull(request)) return FULL;
    const { failUnapplied, failApplied, neverAnswers } = this.faults;
    if (this.strikes(failUnapplied, `${request}.failsUnapplied`)) return UNAPPLIED;
    if (this.strikes(failApplied, `${request}.failsApplied`)) return APPLIED;
    if (!this.strikes(neverAnswers, `${request}.neverAnswers`)) return DONE;
    return this.choices.chance(0.5, `${request}.neverAnswers.applied`) ? SILENT_APPLIED : SILENT;
  }

  readFails(request: string): boolean {
    return this.strikes(this.faults.readFails, `${request}.fails`);
  }

  checkpointRots(): boolean {
    return this.strikes(this.faults.checkpointRots, 'checkpoint.rots');
  }

  /** Milliseconds that a claim of a lease of `ttlMs`, or its answer, is late (F04). */
  claimDelay(ttlMs: number, label: string): number {
    return this.strikes(this.faults.leaseSlow, `${label}.slow`) ? this.choices.below(ttlMs, `${label}.late`) : 0;
  }

  /** `arrive` happens later, or when the faults end, whichever comes first. */
  arriveLate(arrive: () => void, delay: (arrive: () => void) => void): void {
    const once = (): void => {
      if (this.late.delete(once)) arrive();
    };
    this.late.add(once);
    delay(once);
  }

  heal(): void {
    this.faults = NO_STORAGE_FAULTS;
    this.refusals = 0;
    for (const arrive of this.late) arrive();
  }

  /** Notes a fault that is no matter of probability: what a crash took. */
  note(label: string): void {
    this.fired.set(label, (this.fired.get(label) ?? 0) + 1);
  }

  private isFull(request: string): boolean {
    if (this.refusals > 0) {
      this.refusals--;
      return true;
    }
    if (!this.strikes(this.faults.outOfSpace, `${request}.outOfSpace`)) return false;
    this.refusals = this.choices.below(LONGEST_SHORTAGE, 'outOfSpace.length');
    return true;
  }

  private strikes(probability: number, label: string): boolean {
    if (probability <= 0 || !this.choices.chance(probability, label)) return false;
    this.note(label);
    return true;
  }
}
