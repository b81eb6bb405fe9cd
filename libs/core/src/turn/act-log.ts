import type { SideEffectExecuted, TimerFired, TimerScheduled } from '#journal';
import type { Env } from '#spi';
import { failpoint } from '#spi';
import type { PendingEntry } from './effect-record';

/** A record that is handed to the handler when its turn comes. */
export type HandedRecord = SideEffectExecuted | TimerFired;

export interface Recorded<Body> {
  readonly body: Body;
  readonly time: number;
}

interface HandOver {
  readonly record: Recorded<HandedRecord>;
  readonly deliver: (record: Recorded<HandedRecord>) => void;
}

/** Markers of `ctx.patched()`: looked up where they stand, never waited for. */
export const PATCH_PREFIX = 'patched:';

/**
 * What one turn's acts came to, and in which order the handler learns it (P9). It owns that order and nothing
 * else: starting acts, encoding and durability are the turn's.
 *
 *  L1. Records from the journal are handed over first, in recorded order, each as soon as its act was called.
 *  L2. Results of this run follow in the order they settled, which is the order they were recorded in.
 *  L3. Between two hand-overs every microtask drains, so that a handler sees the same interleaving live and on
 *      replay (without it the ranks of two branches of a Promise.all swap).
 *  L4. When a live result is ready while the next record's act was never called, the code took another path.
 */
export class ActLog {
  readonly patches = new Map<string, string>();
  readonly timers = new Map<string, Recorded<TimerScheduled>>();
  private readonly records: Recorded<HandedRecord>[] = [];
  private readonly byKey = new Map<string, Recorded<HandedRecord>>();
  private readonly waiting = new Map<Recorded<HandedRecord>, (record: Recorded<HandedRecord>) => void>();
  private readonly settled: HandOver[] = [];
  private next = 0;
  private draining = false;

  constructor(
    private readonly env: Env,
    history: readonly PendingEntry[],
    /** Called with the record that was expected when L4 is met. */
    private readonly onLostPath: (expected: Recorded<HandedRecord>) => void,
  ) {
    for (const entry of history) this.load(entry);
  }

  get isReplaying(): boolean {
    return this.next < this.records.length;
  }

  /** The first record nobody called for; `undefined` when every one was handed over. */
  get unclaimed(): Recorded<HandedRecord> | undefined {
    return this.records[this.next];
  }

  /** A result waits for its turn to be handed over, and nothing stands before it. */
  get isHandingOver(): boolean {
    const next = this.records[this.next];
    return next === undefined ? this.settled.length > 0 : this.waiting.has(next);
  }

  hasScope(scope: string): boolean {
    return this.records.some(({ body }) => body.scope === scope);
  }

  /** Passes over the records of a facet that is left out of this run. */
  skipScope(scope: string): void {
    for (let i = this.records.length - 1; i >= this.next; i--) {
      if (this.records[i]?.body.scope === scope) this.records.splice(i, 1);
    }
  }

  find(scope: string, ordinal: number): Recorded<HandedRecord> | undefined {
    return this.byKey.get(actKey(scope, ordinal));
  }

  /** The act of `record` was called: `deliver` runs when the record's turn comes. */
  claim(record: Recorded<HandedRecord>, deliver: (record: Recorded<HandedRecord>) => void): void {
    this.waiting.set(record, deliver);
    this.pump();
  }

  /** An act of this run settled and was recorded. */
  settle(record: Recorded<HandedRecord>, deliver: (record: Recorded<HandedRecord>) => void): void {
    this.settled.push({ record, deliver });
    this.pump();
  }

  private pump(): void {
    if (this.draining) return;
    const handOver = this.isReplaying ? this.nextRecorded() : this.settled.shift();
    if (handOver === undefined) return;
    failpoint('effect.beforeHandOver');
    this.draining = true;
    this.env.immediate(() => {
      this.draining = false;
      this.pump();
    });
    handOver.deliver(handOver.record);
  }

  private nextRecorded(): HandOver | undefined {
    const record = this.records[this.next] as Recorded<HandedRecord>;
    const deliver = this.waiting.get(record);
    if (deliver === undefined) {
      if (this.settled.length > 0) this.onLostPath(record); // L4
      return undefined;
    }
    failpoint('replay.beforeHandOver');
    this.waiting.delete(record);
    this.next++;
    return { record, deliver };
  }

  private load({ body, time }: PendingEntry): void {
    if (body.kind === 'TimerScheduled') {
      this.timers.set(actKey(body.scope, body.ordinal), { body, time });
    } else if (body.kind === 'SideEffectExecuted' && body.name.startsWith(PATCH_PREFIX)) {
      this.patches.set(actKey(body.scope, body.ordinal), body.name);
    } else if (body.kind === 'SideEffectExecuted' || body.kind === 'TimerFired') {
      const record = { body, time };
      this.records.push(record);
      this.byKey.set(actKey(body.scope, body.ordinal), record);
    }
  }
}

export function actKey(scope: string, ordinal: number): string {
  return `${scope}\u0000${ordinal}`;
}
