import { type CheckpointRecord, CorruptRecordError } from '#spi';
import { MemoryCheckpointStorage, type MemoryTables } from '#storage/memory';
import type { FaultSource } from './fault-source';

/** A checkpoint that is written and not yet promised. */
export interface Save {
  /** Whose it is. */
  readonly life: object;
  readonly record: CheckpointRecord;
  readonly keep: number;
}

/** As few as an actor may keep (`keepCheckpoints`). */
const LEAST_KEPT = 2;

interface Expected {
  readonly seq: number;
  readonly isSound: boolean;
}

/**
 * Checkpoints as files: written under another name, synced, renamed (C1), and then the old ones are pruned. What is under
 * way when the power fails may be whole, absent or torn; a torn one is there, newest of all, and its checksum is wrong.
 */
export class CheckpointFiles {
  /** Semantics of the port; applied as one step. */
  readonly stored: MemoryCheckpointStorage;
  private readonly underWay = new Set<Save>();
  /** Bytes that are not those that were saved, and whether the store has checksums of its own and refuses them. */
  private readonly damaged = new WeakMap<Uint8Array, 'given' | 'refused'>();
  /** What is there of each actor if whoever saves keeps two, as he should. */
  private readonly expected = new Map<string, readonly Expected[]>();

  constructor(
    private readonly tables: MemoryTables,
    private readonly faults: FaultSource,
  ) {
    this.stored = new MemoryCheckpointStorage(tables);
  }

  get isSaving(): boolean {
    return this.underWay.size > 0;
  }

  begin(save: Save): Save {
    this.underWay.add(save);
    return save;
  }

  /** Synced, renamed, pruned. @returns false when a crash got there first. */
  finish(save: Save): boolean {
    if (!this.underWay.delete(save)) return false;
    void this.stored.save(save.record, save.keep); // applied before it returns; an open handle rejects nothing
    this.expect(save.record, LEAST_KEPT);
    return true;
  }

  purge(actor: string): void {
    void this.stored.purge(actor);
    this.expected.delete(actor);
  }

  /** A process died: its files are renamed or not, and nothing is pruned. */
  endLife(life: object): void {
    for (const save of this.underWay) {
      if (save.life !== life) continue;
      this.underWay.delete(save);
      if (!this.faults.choices.chance(0.5, 'crash.losesSave')) this.put(save.record);
    }
  }

  losePower(): void {
    for (const save of this.underWay) {
      this.underWay.delete(save);
      const end = this.faults.choices.below(3, 'power.save');
      if (end === 0) this.put(save.record);
      else if (end === 2) this.tear(save.record);
    }
  }

  /** Flips a bit of the newest checkpoint, where there is, or ought to be, a sound one to fall back to. */
  rot(actor: string): void {
    const held = this.tables.checkpoints.get(actor) ?? [];
    const newest = held.at(-1);
    const isSafe = this.expected.get(actor)?.some(({ seq, isSound }) => isSound && seq !== newest?.seq) === true;
    if (newest === undefined || !isSafe || newest.bytes.length === 0 || this.damaged.has(newest.bytes)) return;
    if (!this.faults.checkpointRots()) return;
    const bit = this.faults.choices.below(newest.bytes.length * 8, 'checkpoint.rots.bit');
    newest.bytes[bit >> 3] = (newest.bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    this.damage(newest);
  }

  /** @throws CorruptRecordError for a damaged one, if it is of the refused kind; the others are for their reader to find */
  async latest(actor: string, throughSeq = Infinity): Promise<CheckpointRecord | null> {
    this.rot(actor);
    const found = this.tables.checkpoints.get(actor)?.findLast(({ seq }) => seq <= throughSeq);
    if (found !== undefined && this.damaged.get(found.bytes) === 'refused') {
      throw new CorruptRecordError(actor, `Checkpoint ${found.seq}`, 'the checksum of its file does not match');
    }
    return this.stored.latest(actor, throughSeq);
  }

  private expect({ actor, seq }: CheckpointRecord, most: number, isSound = true): void {
    const others = (this.expected.get(actor) ?? []).filter((held) => held.seq !== seq);
    const all = [...others, { seq, isSound }].sort((a, b) => a.seq - b.seq);
    this.expected.set(actor, all.slice(-most));
  }

  private damage(record: CheckpointRecord): void {
    this.expect(record, Infinity, false);
    const { bytes } = record;
    this.damaged.set(bytes, this.faults.choices.chance(0.5, 'checkpoint.damage.refused') ? 'refused' : 'given');
  }

  /** A file that is replaced keeps its old content until the new one is renamed over it. */
  private tear(record: CheckpointRecord): void {
    const { actor, seq, bytes } = record;
    if (bytes.length === 0 || this.tables.checkpoints.get(actor)?.some((held) => held.seq === seq) === true) return;
    const written = this.faults.choices.below(bytes.length, 'power.save.written');
    const torn = this.faults.choices.chance(0.5, 'power.save.keepsSize')
      ? new Uint8Array(bytes.length) // the file system knew the size, the blocks were never written
      : new Uint8Array(written);
    torn.set(bytes.subarray(0, written));
    this.put({ ...record, bytes: torn });
    const held = this.tables.checkpoints.get(actor)?.find((one) => one.seq === seq);
    if (held !== undefined && Buffer.compare(torn, bytes) !== 0) this.damage(held);
    this.faults.note('power.tornCheckpoint');
  }

  private put(record: CheckpointRecord): void {
    void this.stored.save(record, Infinity);
    this.expect(record, Infinity);
  }
}
