import type { EntryRecord, HeadRow, JournalStorage, Outcome, StorageCapabilities, Write } from '#spi';
import { partitionOf } from '#spi';
import { ArchiveWriter } from './archive-writer';
import { unpackEntry } from './entry-codec';
import { unpackHead } from './head-codec';
import type { Argument } from './link';
import type { RedisStore } from './redis-store';
import { ACTORS, READ, TRUNCATE } from './scripts/read.scripts';

/** Bytes of a page, about. */
const PAGE_BYTES = 1024 * 1024;

/** Journals in Redis. */
export class RedisJournalStorage implements JournalStorage {
  readonly name = 'redis';
  readonly capabilities: StorageCapabilities = {
    persistent: true,
    shared: true,
    rows: false,
    failover: 'mayLoseAcknowledged',
  };

  private readonly archive: ArchiveWriter;

  constructor(private readonly store: RedisStore) {
    this.archive = new ArchiveWriter(store);
  }

  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.store.check();
    return writes.length === 0 ? [] : this.store.writer.flush(writes);
  }

  async head(actor: string): Promise<HeadRow> {
    this.store.check();
    const key = `${this.store.keys.baseOf(actor)}h`;
    const call = { tag: partitionOf(actor), command: 'hget', keys: [key], args: [actor] };
    return unpackHead(actor, (await this.store.nodes.call(call)) as Buffer | null);
  }

  async *read(
    actor: string,
    afterSeq: number,
    throughSeq = Number.MAX_SAFE_INTEGER,
  ): AsyncGenerator<readonly EntryRecord[]> {
    let next: Promise<readonly [number, number, ...Buffer[]]> | null = this.page(actor, afterSeq, throughSeq);
    while (next !== null) {
      const [first, isLast, ...packed]: readonly [number, number, ...Buffer[]] = await next;
      next = isLast === 1 ? null : this.page(actor, first + packed.length - 1, throughSeq); // fetched while the caller looks at this one
      if (packed.length > 0) yield packed.map((entry, i) => unpackEntry(actor, first + i, entry));
    }
  }

  async truncate(actor: string, throughSeq: number): Promise<void> {
    this.store.check();
    await this.store.run(actor, TRUNCATE, [String(throughSeq)]);
  }

  async purge(actors: readonly string[]): Promise<readonly boolean[]> {
    this.store.check();
    return this.archive.purge(actors);
  }

  async restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    this.store.check();
    return this.archive.restore(actor, entries, head);
  }

  /** The partitions are merged: each gives a few at a time, and names are taken up to where all have been heard. */
  async actors(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    this.store.check();
    const { nodes } = this.store;
    const partitions = await nodes.usedPartitions();
    const share = Math.ceil((2 * limit) / Math.max(1, partitions.length)) + 4;
    const names: Buffer[] = [];
    let bound = Buffer.from(Buffer.compare(Buffer.from(prefix), Buffer.from(after)) > 0 ? `[${prefix}` : `(${after}`);
    const end = prefix === '' ? '+' : Buffer.concat([Buffer.from(`(${prefix}`), Buffer.of(0xff)]);
    while (names.length < limit) {
      const lists = await this.namesFrom(partitions, [bound, end, String(share)]);
      const cut = lists.filter((list) => list.length === share).map((list) => list.at(-1) as Buffer);
      cut.sort(byBytes);
      const last = cut[0];
      const heard = lists.flat().filter((name) => last === undefined || Buffer.compare(name, last) <= 0);
      names.push(...heard.sort(byBytes));
      if (last === undefined) break;
      bound = Buffer.concat([Buffer.from('('), last]);
    }
    return names.slice(0, limit).map(String);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  private async namesFrom(
    partitions: readonly number[],
    args: readonly Argument[],
  ): Promise<readonly (readonly Buffer[])[]> {
    return (await this.store.nodes.ask(ACTORS, args, partitions)).flat() as (readonly Buffer[])[];
  }

  private page(actor: string, afterSeq: number, throughSeq: number): Promise<readonly [number, number, ...Buffer[]]> {
    const page = (async () => {
      this.store.check();
      return this.store.run(actor, READ, [String(afterSeq), String(throughSeq), String(PAGE_BYTES)]);
    })();
    page.catch(() => undefined); // the caller may have left the loop, and never ask
    return page as Promise<readonly [number, number, ...Buffer[]]>;
  }
}

function byBytes(a: Buffer, b: Buffer): number {
  return Buffer.compare(a, b);
}
