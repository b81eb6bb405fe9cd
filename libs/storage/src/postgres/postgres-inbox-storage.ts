import type { DueActor, InboxRow, InboxStorage } from '#spi';
import type { PostgresDatabase } from './postgres-database';
import { INBOX_COLUMNS, numberOf, storedRow } from './stored-rows';

/** Messages in a Postgres database. Closes with the journal that writes them. */
export class PostgresInboxStorage implements InboxStorage {
  private readonly sql;

  constructor(private readonly database: PostgresDatabase) {
    const { actor, inbox } = database.tables;
    const rows = `SELECT ${INBOX_COLUMNS} FROM ${inbox} WHERE actor = (SELECT id FROM ${actor} WHERE name = $1)`;
    this.sql = {
      find: `${rows} AND id = $2`,
      pending: `${rows} AND due_at IS NOT NULL ORDER BY position`,
      parked: `${rows} AND state = 3 ORDER BY position`,
      // By the index of ids, past those of others: ended rows have none by actor, which every commit would have to keep.
      done: `${rows} AND id > $2 AND state = 2 ORDER BY id LIMIT $3`,
      due: `SELECT a.name, d.due_at FROM (
          SELECT actor, min(due_at) AS due_at FROM ${inbox} WHERE due_at <= $1 GROUP BY actor ORDER BY 2 LIMIT $2
        ) d JOIN ${actor} a ON a.id = d.actor ORDER BY d.due_at`,
      nextDue: `SELECT min(due_at) FROM ${inbox} WHERE due_at > $1`,
      sweep: `DELETE FROM ${inbox} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${inbox} WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1`,
    };
  }

  async find(actor: string, id: string): Promise<InboxRow | null> {
    return (await this.rows('find', actor, [actor, id]))[0] ?? null;
  }

  pending(actor: string): Promise<readonly InboxRow[]> {
    return this.rows('pending', actor, [actor]);
  }

  async due(atMs: number, limit: number): Promise<readonly DueActor[]> {
    const rows = await this.ask('due', [atMs, limit]);
    return rows.map(([actor, dueAt]) => ({ actor: actor as string, dueAt: numberOf(dueAt as string) }));
  }

  async nextDue(afterMs: number): Promise<number | null> {
    const [row] = await this.ask('nextDue', [afterMs]);
    return row?.[0] == null ? null : numberOf(row[0]);
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    return (await this.ask('sweep', [nowMs, limit])).length;
  }

  parked(actor: string): Promise<readonly InboxRow[]> {
    return this.rows('parked', actor, [actor]);
  }

  done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]> {
    return this.rows('done', actor, [actor, after, limit]);
  }

  private async rows(name: keyof PostgresInboxStorage['sql'], actor: string, values: unknown[]): Promise<InboxRow[]> {
    return (await this.ask(name, values)).map((row) => ({ actor, ...storedRow(row) }));
  }

  private ask(name: keyof PostgresInboxStorage['sql'], values: unknown[]) {
    return this.database.query({ name: `ps-${name}`, text: this.sql[name], values });
  }
}
