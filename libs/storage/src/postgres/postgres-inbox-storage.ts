import type { DueActor, InboxRow, InboxStorage } from '#spi';
import { Gathered } from './gathered';
import type { PostgresDatabase } from './postgres-database';
import { INBOX_COLUMNS, numberOf, storedRow } from './stored-rows';

/** Messages in a Postgres database. Closes with the journal that writes them. */
export class PostgresInboxStorage implements InboxStorage {
  private readonly sql;
  private readonly byId: Gathered;
  private readonly waiting: Gathered;

  constructor(private readonly database: PostgresDatabase) {
    const { actor, inbox } = database.tables;
    const rows = `SELECT ${INBOX_COLUMNS} FROM ${inbox} WHERE actor = (SELECT id FROM ${actor} WHERE name = $1)`;
    const many = (names: string, columns: string, which: string): string =>
      `SELECT n.place, i.* FROM unnest(${names}) WITH ORDINALITY AS n (${columns}, place)
        CROSS JOIN LATERAL (SELECT id FROM ${actor} WHERE name = n.name OFFSET 0) a
        CROSS JOIN LATERAL (SELECT ${INBOX_COLUMNS}, position FROM ${inbox} WHERE actor = a.id AND ${which} OFFSET 0) i
        ORDER BY n.place, i.position`;
    this.byId = new Gathered(database, {
      name: 'ps-find',
      one: `${rows} AND id = $2`,
      many: many('$1::text[], $2::text[]', 'name, message', 'id = n.message'),
    });
    this.waiting = new Gathered(database, {
      name: 'ps-pending',
      one: `${rows} AND due_at IS NOT NULL ORDER BY position`,
      many: many('$1::text[]', 'name', 'due_at IS NOT NULL'),
    });
    this.sql = {
      parked: `${rows} AND state = 3 ORDER BY position`,
      actorsParked: `SELECT name FROM ${actor} WHERE id IN (SELECT actor FROM ${inbox} WHERE state = 3)
        AND name > $1 AND starts_with(name, $2) ORDER BY name LIMIT $3`,
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
    const [row] = await this.byId.rows(actor, id);
    return row === undefined ? null : { actor, ...storedRow(row) };
  }

  async pending(actor: string): Promise<readonly InboxRow[]> {
    return (await this.waiting.rows(actor)).map((row) => ({ actor, ...storedRow(row) }));
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

  async actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return (await this.ask('actorsParked', [after, prefix, limit])).map(([name]) => name as string);
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
