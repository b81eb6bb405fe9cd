import { type CheckpointRecord, type CheckpointStorage, failpoint } from '#spi';
import { whyIdRefused } from '../write-rules';
import type { PostgresDatabase } from './postgres-database';
import { rowsOf } from './session';
import { hexBytes, numberOf } from './stored-rows';

/** Checkpoints in a Postgres database. Saved beside the writer's connection, so that none holds up a commit. */
export class PostgresCheckpointStorage implements CheckpointStorage {
  readonly name = 'postgres';
  private readonly sql;

  constructor(private readonly database: PostgresDatabase) {
    const { actor, checkpoint } = database.tables;
    const whose = `actor = (SELECT id FROM ${actor} WHERE name = $1)`;
    this.sql = {
      save: `INSERT INTO ${checkpoint} (actor, seq, time, bytes) VALUES ($1, $2, $3, $4)
        ON CONFLICT (actor, seq) DO UPDATE SET time = excluded.time, bytes = excluded.bytes`,
      prune: `DELETE FROM ${checkpoint} WHERE actor = $1 AND seq <
        (SELECT seq FROM ${checkpoint} WHERE actor = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)`,
      latest: `SELECT seq, time, bytes FROM ${checkpoint} WHERE ${whose} AND seq <= $2 ORDER BY seq DESC LIMIT 1`,
      list: `SELECT seq FROM ${checkpoint} WHERE ${whose} ORDER BY seq DESC`,
      purge: `DELETE FROM ${checkpoint} WHERE ${whose}`,
    };
  }

  /**
   * Two commits: a crash between them leaves one more than `keep`, and of saves at once each prunes what it can see, the
   * last one all.
   */
  async save({ actor, seq, time, bytes }: CheckpointRecord, keep: number): Promise<void> {
    this.database.check();
    const own = Buffer.from(bytes); // the caller's again at once
    await this.database.use(async (client) => {
      const id = await this.database.ids.obtain(client, actor);
      await rowsOf(client, { name: 'ps-save', text: this.sql.save, values: [id, seq, time, own] });
      failpoint('checkpoint.beforePrune');
      await rowsOf(client, { name: 'ps-prune', text: this.sql.prune, values: [id, Math.max(1, keep) - 1] });
      failpoint('checkpoint.afterPrune');
    });
  }

  async latest(actor: string, throughSeq = Number.MAX_SAFE_INTEGER): Promise<CheckpointRecord | null> {
    const values = [actor, Math.min(throughSeq, Number.MAX_SAFE_INTEGER)];
    const [row] = await this.database.query({ name: 'ps-latest', text: this.sql.latest, values });
    if (row === undefined) return null;
    const [seq, time, bytes] = row as [string, string, string];
    return { actor, seq: numberOf(seq), time: numberOf(time), bytes: hexBytes(bytes) };
  }

  async list(actor: string): Promise<readonly number[]> {
    const rows = await this.database.query({ name: 'ps-list', text: this.sql.list, values: [actor] });
    return rows.map(([seq]) => numberOf(seq as string));
  }

  async purge(actor: string): Promise<void> {
    this.database.check();
    if (whyIdRefused(actor) !== null) return; // the driver would turn it into another actor's
    await this.database.query({ name: 'ps-purge', text: this.sql.purge, values: [actor] });
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
