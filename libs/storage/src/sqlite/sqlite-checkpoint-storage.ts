import type { CheckpointRecord, CheckpointStorage } from '#spi';
import type { CheckpointTuple } from './checkpoint-table';
import { Op } from './protocol';
import type { SqliteFile } from './sqlite-file';

/** Checkpoints in the journal's file. */
export class SqliteCheckpointStorage implements CheckpointStorage {
  readonly name = 'sqlite';

  constructor(private readonly file: SqliteFile) {}

  async save({ actor, seq, time, bytes }: CheckpointRecord, keep: number): Promise<void> {
    await this.file.write([Op.SaveCheckpoint, actor, seq, time, bytes, keep]);
  }

  async latest(actor: string, throughSeq = Number.MAX_SAFE_INTEGER): Promise<CheckpointRecord | null> {
    const tuple = await this.file.read<CheckpointTuple | null>([Op.LatestCheckpoint, actor, throughSeq]);
    if (tuple === null) return null;
    const [seq, time, bytes] = tuple;
    return { actor, seq, time, bytes };
  }

  list(actor: string): Promise<readonly number[]> {
    return this.file.read([Op.ListCheckpoints, actor]);
  }

  async purge(actor: string): Promise<void> {
    await this.file.write([Op.PurgeCheckpoints, actor]);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
