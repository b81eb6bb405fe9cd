import {
  type AppendWrite,
  type Env,
  type InboxStorage,
  type JournalStorage,
  type PlexSpacesError,
  StoreClosedError,
  StoreFailedError,
  type TurnTransaction,
  type Write,
  failpoint,
  isPlexSpacesError,
} from '#spi';
import { Overlap, type OverlapMode } from './commit/overlap';
import { ReadBack, type Settled } from './commit/read-back';
import { type FailingWrites, WriteProgress } from './commit/write-progress';
import { sizeOfWrite } from './commit/write-size';

export type { FailingWrites, Settled };

// The group commit: one writer per store gathers the writes of all actors.
//
// It owns the waiting line and the order of flushes. The store decides what becomes of each write (J1–J6); the
// activation that submitted one decides what its outcome means. Nothing else in the process may call `flush`.
//
// Invariants
//   W1  At most one flush runs at any instant; writes reach the store in the order of `submit`.
//   W2  Every submitted write is settled exactly once, in the order of `submit`, never inside `submit` itself.
//   W3  What is submitted while a flush runs, or in one tick while none runs, goes into one batch, up to the
//       limits; nothing waits for a timer. Where answers overlap with the next flush (commit/overlap.ts), half of those
//       that are answered share one with what waits, the others the one after it.
//   W4  When a flush rejects, its outcome is read back (P10) before anybody is told, and nothing later is written
//       until that is done or given up. `lost` is said only when it cannot be read.
//   W5  A callback that throws disturbs neither its neighbours nor the writer.
//   W6  After `close` nothing is taken in any more; what was is written. The store stays open: it is not ours.
//   W7  A write in a transaction of its own goes past the line: nothing else of its actor may be under way. W2, W4 and W5
//       hold for it as well.

export interface GroupCommitOptions {
  /** Where accepted messages are looked up after a flush of unknown outcome. */
  readonly inbox: InboxStorage;
  /** Writes in one flush. Default: 1,000. */
  readonly maxWrites?: number;
  /** Bytes in one flush; a larger write goes alone. Default: 8 MB. */
  readonly maxBytes?: number;
  /** How often an unknown outcome is read back before it is given up as lost. Default: 6. */
  readonly readBackAttempts?: number;
  /** Whether answers are given while the next flush is under way. Default: `auto`. */
  readonly overlap?: OverlapMode;
  /** Pause before the second reading; it doubles each time. Default: 50 ms. */
  readonly readBackDelayMs?: number;
}

interface Pending {
  readonly write: Write;
  readonly bytes: number;
  readonly settle: (result: Settled) => void;
}

/** A flush that is under way. */
interface Flight {
  readonly batch: readonly Pending[];
  /** Never rejects. */
  readonly results: Promise<readonly Settled[]>;
}

export class GroupCommitWriter {
  private waiting: Pending[] = [];
  private running = false;
  private closed = false;
  /** Writes in transactions of their own, on their way. */
  private apart = 0;
  private whenIdle: (() => void)[] = [];
  private readonly maxWrites: number;
  private readonly maxBytes: number;
  private readonly readBack: ReadBack;
  private readonly overlap: Overlap;
  private readonly progress: WriteProgress;

  constructor(
    private readonly journal: JournalStorage,
    private readonly env: Env,
    options: GroupCommitOptions,
  ) {
    this.maxWrites = Math.max(1, options.maxWrites ?? 1_000);
    this.maxBytes = options.maxBytes ?? 8 * 1_048_576;
    this.overlap = new Overlap(options.overlap ?? 'auto');
    const { inbox, readBackAttempts: attempts = 6, readBackDelayMs: delayMs = 50 } = options;
    this.readBack = new ReadBack(journal, inbox, env, { attempts, delayMs });
    this.progress = new WriteProgress(env);
  }

  /** Puts `write` in line. `settle` hears later, exactly once, what became of it. */
  submit(write: Write, settle: (result: Settled) => void): void {
    if (this.closed) return this.turnAway(settle);
    this.waiting.push({ write, settle, bytes: sizeOfWrite(write) });
    if (this.running) return;
    this.running = true;
    if (this.apart === 0) this.progress.moved();
    this.env.immediate(() => void this.run()); // W3: the rest of this tick may still join
  }

  /** The same for a write that commits with `transaction` (W7). */
  submitIn(transaction: TurnTransaction, write: AppendWrite, settle: (result: Settled) => void): void {
    if (this.closed) {
      void transaction.rollback();
      return this.turnAway(settle);
    }
    if (this.isIdle) this.progress.moved();
    this.apart++;
    void this.commitIn(transaction, write).then((result) => {
      this.apart--;
      this.progress.moved();
      this.tell(settle, result);
      this.rest();
    });
  }

  /** Nothing waits, and nothing is on its way. */
  get isIdle(): boolean {
    return !this.running && this.apart === 0;
  }

  /** Writes that wait for the flush under way to end. */
  get backlog(): number {
    return this.waiting.length;
  }

  /** Since when, on the monotonic clock, something is to be written and nothing has come of it; `null`: there is nothing to write. */
  get standsStillSince(): number | null {
    return this.isIdle ? null : this.progress.movedAt;
  }

  /** What is written fails, and nothing has been stored since; `null`: the last that was written is stored, as far as is known. */
  get failing(): FailingWrites | null {
    return this.progress.failing;
  }

  /** A flush failed, and what became of it is being read. */
  get isReadingBack(): boolean {
    return this.readBack.isReading;
  }

  /** Resolves once everything submitted so far, and by its callbacks, is settled. */
  idle(): Promise<void> {
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve) => this.whenIdle.push(resolve));
  }

  /** W6. Idempotent. */
  close(): Promise<void> {
    this.closed = true;
    return this.idle();
  }

  private async run(): Promise<void> {
    for (let flight = this.takeOff(); flight !== null;) flight = await this.land(flight);
    this.running = false;
    this.rest();
  }

  private takeOff(): Flight | null {
    if (this.waiting.length === 0) return null;
    const batch = this.takeBatch();
    return { batch, results: this.commit(batch.map(({ write }) => write)) };
  }

  /** Tells what became of a flush. @returns the next one, which begins after it (W1); `null` when nothing waits */
  private async land(flight: Flight): Promise<Flight | null> {
    const results = await flight.results;
    const { batch } = flight;
    const { overlap } = this;
    overlap.flushed(batch.length, this.progress.moved());
    if (!overlap.isOn) {
      this.tellFrom(0, batch, results);
      await this.breath();
      return this.takeOff();
    }
    const told = this.waiting.length > 0 ? 0 : Math.ceil(batch.length / 2);
    if (told > 0) {
      this.tellFrom(0, batch.slice(0, told), results);
      await this.breath();
    }
    const next = this.takeOff();
    await this.breath(); // the store has it before the process goes on
    this.tellFrom(told, batch, results);
    if (next !== null) return next;
    await this.breath();
    return this.takeOff();
  }

  /** Those who were answered have their next writes ready within this tick: let them share a flush. */
  private breath(): Promise<void> {
    return new Promise((resolve) => this.env.immediate(resolve));
  }

  private tellFrom(first: number, batch: readonly Pending[], results: readonly Settled[]): void {
    for (let i = first; i < batch.length; i++) {
      if (i > 0) failpoint('group.midAcks');
      this.tell((batch[i] as Pending).settle, results[i] as Settled);
    }
  }

  private rest(): void {
    if (!this.isIdle) return;
    const { whenIdle } = this;
    this.whenIdle = [];
    for (const resolve of whenIdle) resolve();
  }

  private async commitIn(transaction: TurnTransaction, write: AppendWrite): Promise<Settled> {
    try {
      const outcome = await transaction.commit(write);
      this.progress.answered([outcome]);
      return outcome;
    } catch (error) {
      const results = await this.readBack.settle([write], error); // W4
      this.progress.refused(results);
      return results[0] as Settled;
    }
  }

  private turnAway(settle: (result: Settled) => void): void {
    const error = new StoreClosedError(this.journal.name);
    this.env.immediate(() => settle({ kind: 'lost', error }));
  }

  private takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.waiting) {
      bytes += pending.bytes;
      if (count > 0 && (count >= this.maxWrites || bytes > this.maxBytes)) break;
      count++;
    }
    const batch = this.waiting;
    this.waiting = batch.splice(count);
    return batch;
  }

  private async commit(writes: readonly Write[]): Promise<readonly Settled[]> {
    let cause: unknown;
    try {
      const outcomes = await this.journal.flush(writes);
      failpoint('flush.beforeAcks');
      if (outcomes.length === writes.length) {
        this.progress.answered(outcomes);
        return outcomes;
      }
      const reason = `it gave ${outcomes.length} outcomes for ${writes.length} writes`;
      cause = new StoreFailedError(this.journal.name, reason);
    } catch (error) {
      cause = error;
    }
    const results = isPlexSpacesError(cause, 'PS_STORE_BUSY')
      ? nothingStored(writes, cause)
      : await this.readBack.settle(writes, cause); // W4
    this.progress.refused(results);
    return results;
  }

  private tell(settle: (result: Settled) => void, result: Settled): void {
    try {
      settle(result);
    } catch (error) {
      this.env.immediate(() => {
        throw error; // W5: a defect of the caller, reported as such
      });
    }
  }
}

/** J7: it is known. */
function nothingStored(writes: readonly Write[], error: PlexSpacesError): readonly Settled[] {
  return writes.map(() => ({ kind: 'failed', reason: error.message, error }));
}
