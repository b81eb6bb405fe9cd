import type { SideEffectExecuted, TimerFired, TimerScheduled } from '#journal';
import { type Env, failpoint } from '#spi';
import type { PendingEntry } from './effect-record';
import { RecordedActs } from './recorded-acts';

/** A record that is handed to the handler when its turn comes. */
export type HandedRecord = SideEffectExecuted | TimerFired;

export interface Recorded<Body> {
  readonly body: Body;
  readonly time: number;
}

export type Deliver = (record: Recorded<HandedRecord>) => void;

export interface HandOver {
  readonly record: Recorded<HandedRecord>;
  readonly deliver: Deliver;
}

/**
 * What one turn's acts came to, and in which order the handler learns it (P9). It owns that order and nothing
 * else: starting acts, encoding and durability are the turn's.
 *
 *  L1. Records from the journal are handed over first, in recorded order, each as soon as its act was called.
 *  L2. Results of this run follow in the order they settled, which is the order they were recorded in.
 *  L3. Before each hand-over every microtask drains, those of the handler's start included, so that a handler sees the
 *      same interleaving live and on replay (without it the ranks of two branches of a Promise.all swap).
 *  L4. When a live result is ready while the next record's act was never called, the code took another path.
 */
export class ActLog {
  private readonly recorded: RecordedActs | null;
  private settled: HandOver[] | null = null;
  private draining = false;

  constructor(
    private readonly env: Env,
    history: readonly PendingEntry[],
    /** Called with the record that was expected when L4 is met. */
    private readonly onLostPath: (expected: Recorded<HandedRecord>) => void,
  ) {
    this.recorded = history.length === 0 ? null : new RecordedActs(history); // a first run has nothing to go by
    // Its first result came after a write, when the handler had long got to its first wait; it may not come sooner now.
    if (this.recorded !== null) this.drain();
  }

  get isReplaying(): boolean {
    return this.recorded?.next !== undefined;
  }

  /** The first record nobody called for; `undefined` when every one was handed over. */
  get unclaimed(): Recorded<HandedRecord> | undefined {
    return this.recorded?.next;
  }

  /** A result waits for its turn to be handed over, and nothing stands before it. */
  get isHandingOver(): boolean {
    return this.recorded?.next === undefined
      ? this.settled !== null && this.settled.length > 0
      : this.recorded.isClaimed;
  }

  hasScope(scope: string): boolean {
    return this.recorded?.hasScope(scope) ?? false;
  }

  /** Passes over the records of a facet that is left out of this run. */
  skipScope(scope: string): void {
    this.recorded?.skipScope(scope);
  }

  find(scope: string, ordinal: number): Recorded<HandedRecord> | undefined {
    return this.recorded?.find(scope, ordinal);
  }

  /** When a wait of the handler that was recorded as begun is over. */
  timerAt(ordinal: number): Recorded<TimerScheduled> | undefined {
    return this.recorded?.timers.get(ordinal);
  }

  /** Name of the marker of `ctx.patched()` that stands here. */
  patchAt(ordinal: number): string | undefined {
    return this.recorded?.patches.get(ordinal);
  }

  /** The act of `record` was called: `deliver` runs when the record's turn comes. */
  claim(record: Recorded<HandedRecord>, deliver: Deliver): void {
    this.recorded?.claim(record, deliver);
    this.pump();
  }

  /** An act of this run settled and was recorded. */
  settle(record: Recorded<HandedRecord>, deliver: Deliver): void {
    (this.settled ??= []).push({ record, deliver });
    this.pump();
  }

  private pump(): void {
    if (this.draining) return;
    const handOver = this.isReplaying ? this.nextRecorded() : this.settled?.shift();
    if (handOver === undefined) return;
    failpoint('effect.beforeHandOver');
    this.drain();
    handOver.deliver(handOver.record);
  }

  private drain(): void {
    this.draining = true;
    this.env.immediate(() => {
      this.draining = false;
      this.pump();
    });
  }

  private nextRecorded(): HandOver | undefined {
    const recorded = this.recorded as RecordedActs;
    if (!recorded.isClaimed && this.settled !== null && this.settled.length > 0)
      this.onLostPath(recorded.next as Recorded<HandedRecord>); // L4
    return recorded.take();
  }
}
