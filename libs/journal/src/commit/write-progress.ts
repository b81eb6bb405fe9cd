import type { Env, Outcome } from '#spi';
import type { Settled } from './read-back';

/** Flushes that the store refused, one after another. Monotonic times. */
export interface FailingWrites {
  readonly since: number;
  /** The last of them. */
  readonly triedAt: number;
}

/**
 * Whether anything becomes of what is written. Two things may keep it from that: nothing comes back at all (`movedAt` stands
 * still), and whatever comes back is a failure (`failing`): only what was stored ends that.
 */
export class WriteProgress {
  /** Of the last outcome, whatever it was, or of the first write after a rest. */
  movedAt = 0;
  failing: FailingWrites | null = null;

  constructor(private readonly env: Pick<Env, 'monotonic'>) {}

  /** @returns the time */
  moved(): number {
    return (this.movedAt = this.env.monotonic());
  }

  /** The store took the flush. A write that it cannot store for reasons of its own says nothing about the store. */
  answered(outcomes: readonly Pick<Settled | Outcome, 'kind'>[]): void {
    if (this.failing !== null && outcomes.some(({ kind }) => kind !== 'failed')) this.failing = null;
  }

  /** The store refused the flush; `results` is what was found of it. */
  refused(results: readonly Pick<Settled, 'kind'>[]): void {
    const triedAt = this.env.monotonic();
    const isStored = results.some(({ kind }) => kind === 'committed' || kind === 'accepted');
    this.failing = isStored ? null : { since: this.failing?.since ?? triedAt, triedAt };
  }
}
