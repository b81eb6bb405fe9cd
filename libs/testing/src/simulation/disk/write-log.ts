import type { Outcome, Write } from '#spi';
import { type MemoryTables, MemoryWriter } from '#storage/memory';
import { type Before, before, undo } from './undo-write';

/** A place in the log. */
export interface LogMark {
  readonly position: number;
  /** How often the power had failed. */
  readonly generation: number;
}

/**
 * The transactions of the store, in order, as a write-ahead log holds them: written first, synced later. The tables show
 * all that is written; what is not synced can be taken back. One record is one write, since J1 promises no more.
 *
 *  L1  The synced part only grows; the tables are the log applied in order, minus nothing.
 *  L2  A power failure keeps a prefix of the unsynced records. The record after it is torn: its checksum fails, it counts
 *      as never written, and so does all that follows.
 */
export class WriteLog {
  private readonly writer: MemoryWriter;
  /** Before each record that is not synced, oldest first. */
  private unsynced: Before[] = [];
  private synced = 0;
  private generation = 0;

  constructor(private readonly tables: MemoryTables) {
    this.writer = new MemoryWriter(tables);
  }

  /** `syncs`: the caller syncs before anything else can happen, so that there will be nothing to take back. */
  apply(write: Write, syncs: boolean): Outcome {
    if (syncs) {
      this.sync(this.mark());
      return this.writer.apply(write);
    }
    const was = before(this.tables, write);
    const outcome = this.writer.apply(write);
    if (outcome.kind === 'committed' || outcome.kind === 'accepted') this.unsynced.push(was);
    return outcome;
  }

  /** The end of the log. */
  mark(): LogMark {
    return { position: this.synced + this.unsynced.length, generation: this.generation };
  }

  /** Is all before `mark` on the disk to stay? */
  isSynced(mark: LogMark): boolean {
    return mark.generation === this.generation && mark.position <= this.synced;
  }

  /** Syncs what lies before `mark`. @returns false when the power has failed since the mark was taken. */
  sync(mark: LogMark): boolean {
    if (mark.generation !== this.generation) return false;
    const count = mark.position - this.synced;
    if (count > 0) {
      this.unsynced = this.unsynced.slice(count);
      this.synced = mark.position;
    }
    return true;
  }

  /** Is there a message of this id, which no power failure can take? */
  keeps(actor: string, id: string): boolean {
    if (this.tables.actors.get(actor)?.inbox.has(id) !== true) return false;
    const isItsFirst = ({ rows }: Before): boolean =>
      rows.some((row) => row.receiver === actor && row.id === id && row.row === null);
    return !this.unsynced.some(isItsFirst);
  }

  get unsyncedCount(): number {
    return this.unsynced.length;
  }

  /** L2: loses the last `lost` of the unsynced records. The others have reached the disk. */
  losePower(lost: number): void {
    const kept = this.unsynced.length - lost;
    if (lost > 0) undo(this.tables, this.unsynced.slice(kept));
    this.unsynced = [];
    this.synced += kept;
    this.generation++;
  }
}
