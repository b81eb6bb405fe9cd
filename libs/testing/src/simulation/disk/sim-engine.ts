import type { EntryRecord, HeadRow, Outcome, Write } from '#spi';
import { MemoryInboxStorage, MemoryJournalStorage, type MemoryLeases, MemoryTables } from '#storage/memory';
import { CheckpointFiles } from './checkpoint-files';
import type { FaultSource } from './fault-source';
import { ForgottenEntries } from './forgotten-entries';
import { WriteLog } from './write-log';

/**
 * The store itself, one for all lives: what is in it, and in which order it got there. Head rows are compared here, so that
 * a paused life and its successor race for one and the same row. Tests replace a method to plant a bug.
 * @internal
 */
export class SimEngine {
  readonly tables = new MemoryTables();
  readonly journal = new MemoryJournalStorage(this.tables);
  readonly inbox = new MemoryInboxStorage(this.tables);
  readonly log = new WriteLog(this.tables);
  readonly checkpoints: CheckpointFiles;
  /** What truncations took: whoever judges sees whole histories. */
  readonly forgotten = new ForgottenEntries(this.tables);

  constructor(
    readonly faults: FaultSource,
    /** On the disk as soon as they are granted; `null`: this store has none. */
    readonly leases: MemoryLeases | null = null,
  ) {
    this.checkpoints = new CheckpointFiles(this.tables, faults);
  }

  /** `syncs`: whatever is applied is on the disk when this returns. */
  apply(write: Write, syncs: boolean): Outcome {
    return this.log.apply(write, syncs);
  }

  /** Not transactions: what is before them is synced first, and so are they. */
  truncate(actor: string, throughSeq: number): Promise<void> {
    this.log.sync(this.log.mark());
    this.forgotten.keep(actor, throughSeq);
    return this.journal.truncate(actor, throughSeq);
  }

  purge(actors: readonly string[]): Promise<readonly boolean[]> {
    this.log.sync(this.log.mark());
    return this.journal.purge(actors);
  }

  restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    this.log.sync(this.log.mark());
    return this.journal.restore(actor, entries, head);
  }

  sweep(nowMs: number, limit: number): Promise<number> {
    this.log.sync(this.log.mark());
    return this.inbox.sweep(nowMs, limit);
  }

  /** The process of `life` died. What it had applied stays. */
  endLife(life: object): void {
    this.checkpoints.endLife(life);
  }

  losePower(): void {
    const { choices } = this.faults;
    const lost = this.log.unsyncedCount === 0 ? 0 : choices.below(this.log.unsyncedCount + 1, 'power.lostWrites');
    if (lost > 0) this.faults.note('power.lostWrites');
    this.log.losePower(lost);
    this.checkpoints.losePower();
  }
}
