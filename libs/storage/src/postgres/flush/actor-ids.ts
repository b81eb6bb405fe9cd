import type { Client } from 'pg';
import { rowsOf } from '../session';
import type { Tables } from '../tables';

const MAX_CACHED = 100_000;

/** Where an actor's rows are, or are to be. */
export interface ActorPlace {
  readonly id: number;
  /** There is no head row yet; `id` is free for it. */
  readonly isNew: boolean;
}

/**
 * The numbers that stand for actors in every table.
 *
 * Invariants
 *   A1  The cache holds ids of committed rows only: whoever makes one says `committed` afterwards.
 *   A2  Head rows are never deleted (J3), so what is committed may be cached until the server may have lost it in a crash:
 *       `clear` with each new connection of the writer, who alone uses one that remembers.
 */
export class ActorIds {
  private readonly cached = new Map<string, number>();
  private readonly locate: string;
  private readonly select: string;
  private readonly insert: string;

  constructor({ actor }: Tables) {
    const sequence = `pg_get_serial_sequence('${actor}', 'id')::regclass`;
    this.locate = `SELECT a.id, CASE WHEN a.id IS NULL THEN nextval(${sequence}) END
      FROM unnest($1::text[]) WITH ORDINALITY AS n (name, ord) LEFT JOIN ${actor} a ON a.name = n.name ORDER BY n.ord`;
    this.select = `SELECT id FROM ${actor} WHERE name = $1`;
    this.insert = `INSERT INTO ${actor} (name, head, epoch, writer, schema, status) VALUES ($1, 0, 0, '', 0, 0)
      ON CONFLICT (name) DO NOTHING RETURNING id`;
  }

  clear(): void {
    this.cached.clear();
  }

  committed(name: string, id: number): void {
    if (this.cached.size >= MAX_CACHED) this.cached.clear();
    this.cached.set(name, id);
  }

  /** The place of each name, in one question for those that are not known. */
  async places(client: Client, names: Iterable<string>): Promise<Map<string, ActorPlace>> {
    const places = new Map<string, ActorPlace>();
    const unknown: string[] = [];
    for (const name of names) {
      const id = this.cached.get(name);
      if (id === undefined) unknown.push(name);
      else places.set(name, { id, isNew: false });
    }
    if (unknown.length === 0) return places;
    const rows = await rowsOf(client, { name: 'ps-locate', text: this.locate, values: [unknown] });
    rows.forEach(([known = null, free = null], i) => {
      const name = unknown[i] as string;
      if (known === null) places.set(name, { id: Number(free), isNew: true });
      else {
        this.committed(name, Number(known));
        places.set(name, { id: Number(known), isNew: false });
      }
    });
    return places;
  }

  /** The actor's id, with a new head row where there is none. Inside a transaction: not cached (A1). */
  async obtain(client: Pick<Client, 'query'>, name: string): Promise<number> {
    const cached = this.cached.get(name);
    if (cached !== undefined) return cached;
    for (;;) {
      // Another one that makes the same row at the same time makes the insert wait, and then find it there.
      for (const [statement, text] of [
        ['ps-id', this.select],
        ['ps-new-id', this.insert],
      ] as const) {
        const [row] = await rowsOf(client, { name: statement, text, values: [name] });
        if (row !== undefined) return Number(row[0]);
      }
    }
  }
}
