import { failpoint } from '#spi';
import type { ActorIds } from './actor-ids';
import type { Connection } from './driver';

export type CheckpointTuple = readonly [seq: number, time: number, bytes: Uint8Array];

/** Checkpoints, beside the journal in one file. */
export class CheckpointTable {
  private readonly upsert;
  private readonly prune;
  private readonly selectLatest;
  private readonly selectSeqs;
  private readonly deleteAll;
  private readonly write;

  constructor(
    connection: Connection,
    private readonly ids: ActorIds,
  ) {
    this.upsert = connection.prepare(
      `INSERT INTO ps_checkpoint (actor, seq, time, bytes) VALUES (?, ?, ?, ?)
         ON CONFLICT (actor, seq) DO UPDATE SET time = excluded.time, bytes = excluded.bytes`,
    );
    this.prune = connection.prepare(
      `DELETE FROM ps_checkpoint WHERE actor = ? AND seq <
         (SELECT seq FROM ps_checkpoint WHERE actor = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)`,
    );
    this.selectLatest = connection
      .prepare<[number, number], CheckpointTuple>(
        'SELECT seq, time, bytes FROM ps_checkpoint WHERE actor = ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
      )
      .raw();
    this.selectSeqs = connection
      .prepare<[number], number>('SELECT seq FROM ps_checkpoint WHERE actor = ? ORDER BY seq DESC')
      .pluck();
    this.deleteAll = connection.prepare('DELETE FROM ps_checkpoint WHERE actor = ?');
    this.write = connection.transaction((actor: string, seq: number, time: number, bytes: Uint8Array, keep: number) => {
      const id = this.ids.obtain(actor);
      this.upsert.run(id, seq, time, bytes);
      failpoint('checkpoint.beforePrune');
      this.prune.run(id, id, Math.max(1, keep) - 1);
    });
  }

  save(actor: string, seq: number, time: number, bytes: Uint8Array, keep: number): void {
    try {
      this.write.immediate(actor, seq, time, bytes, keep);
      this.ids.committed();
      failpoint('checkpoint.afterPrune');
    } finally {
      this.ids.forget(0); // nothing after a commit
    }
  }

  latest(actor: string, throughSeq: number): CheckpointTuple | null {
    const id = this.ids.find(actor);
    return id === undefined ? null : (this.selectLatest.get(id, throughSeq) ?? null);
  }

  list(actor: string): readonly number[] {
    const id = this.ids.find(actor);
    return id === undefined ? [] : this.selectSeqs.all(id);
  }

  purge(actor: string): void {
    const id = this.ids.find(actor);
    if (id !== undefined) this.deleteAll.run(id);
  }
}
