/**
 * `auto`: as measured. `always`, `never`: whatever is measured. @publicApi
 */
export type OverlapMode = 'auto' | 'always' | 'never';

/** A flush of fewer writes leaves next to nothing to do beside the next one. */
const LEAST_WRITES = 8;
/** Flushes that are measured of each kind. */
const WINDOW = 32;
/** Flushes after a change that belong to neither kind. */
const SKIPPED = 4;
/** Flushes until the other kind is tried for the first time, and from then on. */
const FIRST_TRIAL = 64;
const NEXT_TRIAL = 1_024;
/** The other kind has to be better by so much. */
const MARGIN = 1.05;

type Phase = 'rest' | 'measure' | 'skip' | 'trial';

/**
 * Whether the answers of a flush are given while the next one is under way, or all of them before it begins.
 *
 * Overlapping hides the work of the process behind that of the store; where callers wait for their answers it makes two
 * flushes of one, though. What that costs depends on the disk, the network and the handlers, so that both ways are
 * tried for a while now and then, and the one stays that wrote more in a millisecond.
 */
export class Overlap {
  private on: boolean;
  private phase: Phase = 'rest';
  private left = FIRST_TRIAL;
  private writes = 0;
  private since = 0;
  private measured = 0;

  constructor(private readonly mode: OverlapMode) {
    this.on = mode === 'always';
  }

  get isOn(): boolean {
    return this.on;
  }

  /** A flush has come back. @param nowMs of a clock that does not jump */
  flushed(writes: number, nowMs: number): void {
    if (this.mode !== 'auto') return;
    if (writes * (this.on ? 2 : 1) < LEAST_WRITES) return this.calmDown();
    this.writes += writes;
    if (--this.left > 0) return;
    switch (this.phase) {
      case 'rest':
        return this.enter('measure', WINDOW, nowMs);
      case 'measure':
        this.measured = this.rate(nowMs);
        this.on = !this.on;
        return this.enter('skip', SKIPPED, nowMs);
      case 'skip':
        return this.enter('trial', WINDOW, nowMs);
      case 'trial':
        if (!(this.rate(nowMs) > this.measured * MARGIN)) this.on = !this.on;
        return this.enter('rest', NEXT_TRIAL, nowMs);
    }
  }

  private enter(phase: Phase, flushes: number, nowMs: number): void {
    this.phase = phase;
    this.left = flushes;
    this.writes = 0;
    this.since = nowMs;
  }

  /** Writes in a millisecond. Not a number where no time has passed: nothing is better than that, nor worse. */
  private rate(nowMs: number): number {
    const ms = nowMs - this.since;
    return ms > 0 ? this.writes / ms : NaN;
  }

  private calmDown(): void {
    this.on = false;
    this.enter('rest', FIRST_TRIAL, 0);
  }
}
