import { type DueActor, type InboxRow, type InboxStorage, partitionOf } from '#spi';
import type { RedisStore } from './redis-store';
import { unpackRow } from './row-codec';
import { DONE_IDS } from './scripts/archive.scripts';
import { ACTORS_PARKED, DUE, LINE, NEXT_DUE, SWEEP } from './scripts/read.scripts';

/** Rows read at once. */
const PAGE = 500;
/** Digits of a position. */
const POSITION = 14;

/** Messages in Redis, written by the journal of the same store. */
export class RedisInboxStorage implements InboxStorage {
  constructor(private readonly store: RedisStore) {}

  async find(actor: string, id: string): Promise<InboxRow | null> {
    this.store.check();
    const key = `${this.store.keys.baseOf(actor)}i`;
    const call = { tag: partitionOf(actor), command: 'hget', keys: [key], args: [`${actor}\0${id}`] };
    const value = (await this.store.nodes.call(call)) as Buffer | null;
    return value === null ? null : unpackRow(actor, id, value);
  }

  async pending(actor: string): Promise<readonly InboxRow[]> {
    return this.line(actor, 'q');
  }

  async due(atMs: number, limit: number): Promise<readonly DueActor[]> {
    this.store.check();
    const partitions = await this.store.settledPartitions();
    const replies = await this.store.nodes.ask(DUE, [String(atMs), String(limit)], partitions);
    const due = replies.flatMap((reply) => pairs(reply as readonly Buffer[]));
    const found = due.map(([actor, at]) => ({ actor: String(actor), dueAt: Number(at) }));
    return found.sort((a, b) => a.dueAt - b.dueAt).slice(0, limit);
  }

  async nextDue(afterMs: number): Promise<number | null> {
    this.store.check();
    const partitions = await this.store.settledPartitions();
    const replies = await this.store.nodes.ask(NEXT_DUE, [String(afterMs)], partitions);
    const times = replies.filter((reply) => reply !== null).map(Number);
    return times.length === 0 ? null : Math.min(...times);
  }

  async sweep(nowMs: number, limit: number): Promise<number> {
    this.store.check();
    const partitions = await this.store.settledPartitions();
    const { nodes } = this.store;
    if (!nodes.isCluster) return Number((await nodes.ask(SWEEP, [String(nowMs), String(limit)], partitions))[0] ?? 0);
    let swept = 0;
    for (const partition of await this.withExpired(partitions, nowMs)) {
      if (swept >= limit) break;
      swept += Number((await nodes.ask(SWEEP, [String(nowMs), String(limit - swept)], [partition]))[0]);
    }
    return swept;
  }

  async parked(actor: string): Promise<readonly InboxRow[]> {
    return this.line(actor, 'k');
  }

  async actorsParked(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    this.store.check();
    const partitions = await this.store.settledPartitions();
    // Behind all rows of `after`: no id has a byte below 2 in it.
    const bound = Buffer.compare(Buffer.from(prefix), Buffer.from(after)) > 0 ? `[${prefix}` : `[${after}\x01`;
    const replies = await this.store.nodes.ask(ACTORS_PARKED, [bound, prefix, String(limit)], partitions);
    const names = replies.flat(2) as Buffer[];
    return names
      .sort((a, b) => Buffer.compare(a, b))
      .slice(0, limit)
      .map(String);
  }

  async done(actor: string, after: string, limit: number): Promise<readonly InboxRow[]> {
    this.store.check();
    const found = (await this.store.run(actor, DONE_IDS, [])) as readonly Buffer[];
    const bound = Buffer.from(after);
    const later = found.filter((id) => Buffer.compare(id, bound) > 0).sort((a, b) => Buffer.compare(a, b));
    const ids = [...new Set(later.map(String))];
    const rows: InboxRow[] = [];
    // As a row may be swept meanwhile, a page is full unless there are no more.
    const step = Math.min(PAGE, limit);
    for (let at = 0; at < ids.length && rows.length < limit; at += step) {
      const some = await Promise.all(ids.slice(at, at + step).map((id) => this.find(actor, id)));
      rows.push(...some.flatMap((row) => (row?.state === 'done' ? [row] : [])));
    }
    return rows.slice(0, limit);
  }

  private async withExpired(partitions: readonly number[], nowMs: number): Promise<number[]> {
    const { nodes, keys } = this.store;
    const results = await nodes.callAll(
      partitions.map((tag) => ({
        tag,
        command: 'zcount',
        keys: [`${keys.base(tag)}e`],
        args: ['-inf', String(nowMs)],
      })),
    );
    return partitions.filter((_, i) => {
      const result = results[i] as (typeof results)[number];
      if ('error' in result) throw result.error;
      return Number(result.value) > 0;
    });
  }

  private async line(actor: string, which: 'q' | 'k'): Promise<readonly InboxRow[]> {
    this.store.check();
    const rows: InboxRow[] = [];
    const skip = Buffer.byteLength(actor) + 1 + POSITION;
    for (let after: Buffer | string = ''; ;) {
      const reply = (await this.store.run(actor, LINE, [which, after, String(PAGE)])) as readonly Buffer[];
      for (const [member, value] of pairs(reply)) rows.push(unpackRow(actor, member.toString('utf8', skip), value));
      if (reply.length < 2 * PAGE) return rows;
      after = reply.at(-2) as Buffer;
    }
  }
}

function pairs(flat: readonly Buffer[]): (readonly [Buffer, Buffer])[] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as Buffer, flat[2 * i + 1] as Buffer] as const);
}
