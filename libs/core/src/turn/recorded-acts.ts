import type { TimerScheduled } from '#journal';
import { failpoint } from '#spi';
import type { Deliver, HandOver, HandedRecord, Recorded } from './act-log';
import type { PendingEntry } from './effect-record';

/** Markers of `ctx.patched()`: looked up where they stand, never waited for. */
export const PATCH_PREFIX = 'patched:';

/** What earlier runs of a message recorded, in order, and which of it this run has called for. */
export class RecordedActs {
  /** By rank; only the handler patches and waits. */
  readonly patches = new Map<number, string>();
  readonly timers = new Map<number, Recorded<TimerScheduled>>();
  private readonly records: Recorded<HandedRecord>[] = [];
  private readonly byKey = new Map<string, Recorded<HandedRecord>>();
  private readonly waiting = new Map<Recorded<HandedRecord>, Deliver>();
  private taken = 0;

  constructor(history: readonly PendingEntry[]) {
    for (const entry of history) this.load(entry);
  }

  /** The record that is handed over next. */
  get next(): Recorded<HandedRecord> | undefined {
    return this.records[this.taken];
  }

  /** The act of the next record was called. */
  get isClaimed(): boolean {
    return this.next !== undefined && this.waiting.has(this.next);
  }

  hasScope(scope: string): boolean {
    return this.records.some(({ body }) => body.scope === scope);
  }

  skipScope(scope: string): void {
    for (let i = this.records.length - 1; i >= this.taken; i--) {
      if (this.records[i]?.body.scope === scope) this.records.splice(i, 1);
    }
  }

  find(scope: string, ordinal: number): Recorded<HandedRecord> | undefined {
    return this.byKey.get(actKey(scope, ordinal));
  }

  claim(record: Recorded<HandedRecord>, deliver: Deliver): void {
    this.waiting.set(record, deliver);
  }

  /** The next record, when its act was called. */
  take(): HandOver | undefined {
    const record = this.next;
    const deliver = record && this.waiting.get(record);
    if (record === undefined || deliver === undefined) return undefined;
    failpoint('replay.beforeHandOver');
    this.waiting.delete(record);
    this.taken++;
    return { record, deliver };
  }

  private load({ body, time }: PendingEntry): void {
    if (body.kind === 'TimerScheduled') {
      this.timers.set(body.ordinal, { body, time });
    } else if (body.kind === 'SideEffectExecuted' && body.name.startsWith(PATCH_PREFIX)) {
      this.patches.set(body.ordinal, body.name);
    } else if (body.kind === 'SideEffectExecuted' || body.kind === 'TimerFired') {
      const record = { body, time };
      this.records.push(record);
      this.byKey.set(actKey(body.scope, body.ordinal), record);
    }
  }
}

function actKey(scope: string, ordinal: number): string {
  return `${scope}\u0000${ordinal}`;
}
