import type { CheckpointRecord, CheckpointStorage } from '#spi';
import { MemoryPort } from './memory-port';
import { MemoryTables, copyOf } from './memory-tables';

/** Checkpoints in memory. */
export class MemoryCheckpointStorage implements CheckpointStorage {
  readonly name = 'memory';

  constructor(
    private readonly tables = new MemoryTables(),
    private readonly port = new MemoryPort(),
  ) {}

  async save(record: CheckpointRecord, keep: number): Promise<void> {
    this.port.check();
    const kept = this.held(record.actor).filter(({ seq }) => seq !== record.seq);
    kept.push({ ...record, bytes: copyOf(record.bytes) });
    kept.sort((a, b) => a.seq - b.seq);
    this.tables.checkpoints.set(record.actor, kept.slice(-Math.max(1, keep)));
  }

  async latest(actor: string, throughSeq = Infinity): Promise<CheckpointRecord | null> {
    this.port.check();
    const found = this.held(actor).findLast(({ seq }) => seq <= throughSeq);
    return found === undefined ? null : { ...found, bytes: copyOf(found.bytes) };
  }

  async list(actor: string): Promise<readonly number[]> {
    this.port.check();
    return this.held(actor)
      .map(({ seq }) => seq)
      .reverse();
  }

  async purge(actor: string): Promise<void> {
    this.port.check();
    this.tables.checkpoints.delete(actor);
  }

  async close(): Promise<void> {
    this.port.close();
  }

  private held(actor: string): CheckpointRecord[] {
    return this.tables.checkpoints.get(actor) ?? [];
  }
}
