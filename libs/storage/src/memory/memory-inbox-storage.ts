import type { DueActor, InboxRow, InboxStorage } from '#spi';
import { MemoryPort } from './memory-port';
import { MemoryTables, compareUtf8, copyOfRow } from './memory-tables';

/** Messages in memory. Written by the journal store over the same tables. */
export class MemoryInboxStorage implements InboxStorage {
  constructor(
    private readonly tables = new MemoryTables(),
    private readonly port = new MemoryPort(),
  ) {}

  async find(actor: string, id: string): Promise<InboxRow | null> {
    this.port.check();
    const row = this.tables.actors.get(actor)?.inbox.get(id);
    return row === undefined ? null : copyOfRow(row);
  }

  async pending(actor: string): Promise<readonly InboxRow[]> {
    this.port.check();
    return Array.from(this.tables.actors.get(actor)?.live.values() ?? [], copyOfRow);
  }

  async due(atMs: number, limit: number): Promise<readonly DueActor[]> {
    this.port.check();
    const due: DueActor[] = [];
    for (const [actor, { live }] of this.tables.waiting) {
      let dueAt = Infinity;
      for (const row of live.values()) dueAt = Math.min(dueAt, row.dueAt as number);
      if (dueAt <= atMs) due.push({ actor, dueAt });
    }
    return due.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  async nextDue(afterMs: number): Promise<number | null> {
    this.port.check();
    let next = Infinity;
    for (const { live } of this.tables.waiting.values()) {
      for (const { dueAt } of live.values()) if (dueAt !== null && dueAt > afterMs && dueAt < next) next = dueAt;
    }
    return next === Infinity ? null : next;
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    this.port.check();
    let swept = 0;
    for (; swept < limit; swept++) {
      const row = this.tables.expiring.take(nowMs);
      if (row === undefined) break;
      const { inbox } = this.tables.actor(row.actor);
      if (inbox.get(row.id) === row) this.tables.forget(row);
      else swept--; // purged or revived before; another may have its id
    }
    return swept;
  }

  async parked(actor: string): Promise<readonly InboxRow[]> {
    this.port.check();
    const rows = Array.from(this.tables.actors.get(actor)?.inbox.values() ?? []);
    return rows.filter(({ state }) => state === 'parked').map(copyOfRow);
  }

  async actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    this.port.check();
    const later = [...this.tables.parked.keys()].filter((id) => id.startsWith(prefix) && compareUtf8(id, after) > 0);
    return later.sort(compareUtf8).slice(0, limit);
  }

  async done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]> {
    this.port.check();
    const rows = Array.from(this.tables.actors.get(actor)?.inbox.values() ?? []);
    const later = rows.filter(({ state, id }) => state === 'done' && compareUtf8(id, after) > 0);
    return later
      .sort((a, b) => compareUtf8(a.id, b.id))
      .slice(0, limit)
      .map(copyOfRow);
  }
}
