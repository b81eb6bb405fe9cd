import type { Connection } from './driver';

const MAX_CACHED = 100_000;

export const ACTOR_SQL = {
  select: 'SELECT id FROM ps_actor WHERE name = ?',
  insert: "INSERT INTO ps_actor (name, head, epoch, writer, schema, status) VALUES (?, 0, 0, '', 0, 0) RETURNING id",
} as const;

/**
 * The integers that stand for actors in every table.
 *
 * Invariants
 *   A1  The cache never holds an id whose row was rolled back: `forget` drops what came in since `mark`.
 *   A2  Rows of `ps_actor` are never deleted (J3), so what is committed may be cached for ever.
 */
export class ActorIds {
  private readonly cached = new Map<string, number>();
  private readonly uncommitted: string[] = [];
  private readonly select;
  private readonly insert;

  constructor(connection: Connection) {
    this.select = connection.prepare<[string], number>(ACTOR_SQL.select).pluck();
    this.insert = connection.prepare<[string], number>(ACTOR_SQL.insert).pluck();
  }

  find(name: string): number | undefined {
    const cached = this.cached.get(name);
    if (cached !== undefined) return cached;
    const id = this.select.get(name);
    if (id !== undefined) this.remember(name, id);
    return id;
  }

  /** The actor's id, with a new head row where there is none. Inside a transaction. */
  obtain(name: string): number {
    const known = this.find(name);
    if (known !== undefined) return known;
    const id = this.insert.get(name) as number;
    this.remember(name, id);
    this.uncommitted.push(name);
    return id;
  }

  mark(): number {
    return this.uncommitted.length;
  }

  forget(mark: number): void {
    for (const name of this.uncommitted.splice(mark)) this.cached.delete(name);
  }

  committed(): void {
    this.uncommitted.length = 0;
  }

  private remember(name: string, id: number): void {
    if (this.cached.size >= MAX_CACHED) this.cached.clear();
    this.cached.set(name, id);
  }
}
