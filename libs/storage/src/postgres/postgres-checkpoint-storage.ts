import { type CheckpointRecord, type CheckpointStorage, failpoint } from '#spi';
import { whyIdRefused } from '../write-rules';
import { ActorIds } from './flush/actor-ids';
import { Gathered } from './gathered';
import type { PostgresDatabase } from './postgres-database';
import { rowsOf } from './session';
import { hexBytes, numberOf } from './stored-rows';

/** Checkpoints in a Postgres database. Saved beside the writer's connection, so that none holds up a commit. */
export class PostgresCheckpointStorage implements CheckpointStorage {
  readonly name = 'postgres';
  private readonly sql;
  private readonly newest: Gathered;
  /** Asked each time: only the writer's connection knows when what is remembered of them has to be forgotten (A2). */
  private readonly ids: ActorIds;

  constructor(private readonly database: PostgresDatabase) {
    this.ids = new ActorIds(database.tables);
    const { actor, checkpoint } = database.tables;
    const whose = `actor = (SELECT id FROM ${actor} WHERE name = $1)`;
    const newest = (whose: string): string =>
      `SELECT seq, time, bytes FROM ${checkpoint} WHERE actor = ${whose} ORDER BY seq DESC LIMIT 1`;
    this.newest = new Gathered(database, {
      name: 'ps-newest',
      one: newest(`(SELECT id FROM ${actor} WHERE name = $1)`),
      many: `SELECT n.place, c.* FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
        CROSS JOIN LATERAL (SELECT id FROM ${actor} WHERE name = n.name OFFSET 0) a CROSS JOIN LATERAL (${newest('a.id')}) c`,
    });
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
      const id = await this.ids.obtain(client, actor);
      await rowsOf(client, { name: 'ps-save', text: this.sql.save, values: [id, seq, time, own] });
      failpoint('checkpoint.beforePrune');
      await rowsOf(client, { name: 'ps-prune', text: this.sql.prune, values: [id, Math.max(1, keep) - 1] });
      failpoint('checkpoint.afterPrune');
    });
  }

  async latest(actor: string, throughSeq = Number.MAX_SAFE_INTEGER): Promise<CheckpointRecord | null> {
    const [row] =
      throughSeq >= Number.MAX_SAFE_INTEGER
        ? await this.newest.rows(actor)
        : await this.database.query({ name: 'ps-latest', text: this.sql.latest, values: [actor, throughSeq] });
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
