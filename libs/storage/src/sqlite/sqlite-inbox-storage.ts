import type { DueActor, InboxRow, InboxStorage } from '#spi';
import { Op, type StoredTuple, inboxRow } from './protocol';
import type { SqliteFile } from './sqlite-file';

/** Messages in the journal's file. */
export class SqliteInboxStorage implements InboxStorage {
  constructor(private readonly file: SqliteFile) {}

  async find(actor: string, id: string): Promise<InboxRow | null> {
    const tuple = await this.file.read<StoredTuple | null>([Op.Find, actor, id]);
    return tuple === null ? null : inboxRow(actor, tuple);
  }

  async pending(actor: string): Promise<readonly InboxRow[]> {
    const tuples = await this.file.read<readonly StoredTuple[]>([Op.Pending, actor]);
    return tuples.map((tuple) => inboxRow(actor, tuple));
  }

  async due(atMs: number, limit: number): Promise<readonly DueActor[]> {
    const due = await this.file.read<readonly [string, number][]>([Op.Due, atMs, limit]);
    return due.map(([actor, dueAt]) => ({ actor, dueAt }));
  }

  nextDue(afterMs: number): Promise<number | null> {
    return this.file.read([Op.NextDue, afterMs]);
  }

  sweep(nowMs: number, limit: number): Promise<number> {
    return this.file.write([Op.Sweep, nowMs, limit]);
  }

  async parked(actor: string): Promise<readonly InboxRow[]> {
    const tuples = await this.file.read<readonly StoredTuple[]>([Op.Parked, actor]);
    return tuples.map((tuple) => inboxRow(actor, tuple));
  }

  actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.file.read([Op.ActorsParked, prefix, after, limit]);
  }

  async done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]> {
    const tuples = await this.file.read<readonly StoredTuple[]>([Op.Done, actor, after, limit]);
    return tuples.map((tuple) => inboxRow(actor, tuple));
  }
}
