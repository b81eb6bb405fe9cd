import type { EntryRecord, HeadRow, JournalStorage, Outcome, StorageCapabilities, Write } from '#spi';
import { areDense, mayRestore } from '../restore-rules';
import { whyIdRefused } from '../write-rules';
import { MemoryPort } from './memory-port';
import { MemoryTables, NO_HEAD, compareUtf8, copyOfEntries } from './memory-tables';
import { MemoryWriter } from './memory-writer';

const PAGE_BYTES = 1024 * 1024;

/** Journals in memory: for tests and for actors that may be lost. Works alone; stores over the same tables see one another. */
export class MemoryJournalStorage implements JournalStorage {
  readonly name = 'memory';
  readonly capabilities: StorageCapabilities = { persistent: false, shared: false, rows: false };
  private readonly writer: MemoryWriter;

  constructor(
    private readonly tables = new MemoryTables(),
    private readonly port = new MemoryPort(),
  ) {
    this.writer = new MemoryWriter(tables);
  }

  /** Applied before it returns, so a caller may reuse its buffers at once; the promise keeps the shape of a real store. */
  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.port.check();
    return writes.map((write) => this.writer.apply(write));
  }

  async head(actor: string): Promise<HeadRow> {
    this.port.check();
    return this.tables.actors.get(actor)?.head ?? NO_HEAD;
  }

  async *read(actor: string, afterSeq: number, throughSeq = Infinity): AsyncGenerator<readonly EntryRecord[]> {
    for (let after = afterSeq; ;) {
      this.port.check();
      const page = this.page(actor, after, throughSeq);
      const last = page.at(-1);
      if (last === undefined) return;
      yield copyOfEntries(page);
      after = last.seq;
    }
  }

  async truncate(actor: string, throughSeq: number): Promise<void> {
    this.port.check();
    const held = this.tables.actors.get(actor);
    const count = held === undefined ? 0 : Math.min(throughSeq - held.firstSeq + 1, held.entries.length);
    if (held === undefined || count <= 0) return;
    held.entries = held.entries.slice(count);
    held.firstSeq += count;
  }

  async purge(actors: readonly string[]): Promise<readonly boolean[]> {
    this.port.check();
    return actors.map((actor) => {
      const held = this.tables.actors.get(actor);
      if (held?.head.status !== 'terminated') return false;
      held.entries = [];
      for (const row of held.inbox.values())
        if (row.state === 'done' || row.state === 'parked') this.tables.forget(row);
      return true;
    });
  }

  async restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    this.port.check();
    if (whyIdRefused(actor) !== null || !areDense(entries)) return false;
    const held = this.tables.actor(actor);
    const isNew = held.head.seq === 0 && held.head.epoch === 0;
    const standing = { headSeq: isNew ? null : held.head.seq, firstKept: held.entries[0]?.seq ?? null };
    if (!mayRestore(entries.at(-1)?.seq ?? null, head?.seq ?? null, standing)) return false;
    held.entries = [...copyOfEntries(entries), ...held.entries];
    held.firstSeq = held.entries[0]?.seq ?? held.firstSeq;
    if (head !== null) held.head = { ...head };
    return true;
  }

  async actors(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    this.port.check();
    const known: string[] = [];
    for (const [id, { head }] of this.tables.actors) {
      if (head.status !== 'absent' && id.startsWith(prefix) && compareUtf8(id, after) > 0) known.push(id);
    }
    return known.sort(compareUtf8).slice(0, limit);
  }

  async close(): Promise<void> {
    this.port.close();
  }

  private page(actor: string, afterSeq: number, throughSeq: number): readonly EntryRecord[] {
    const held = this.tables.actors.get(actor);
    if (held === undefined) return [];
    const from = Math.max(0, afterSeq + 1 - held.firstSeq);
    let bytes = 0;
    let to = from;
    for (; to < held.entries.length && bytes < PAGE_BYTES; to++) {
      const entry = held.entries[to] as EntryRecord;
      if (entry.seq > throughSeq) break;
      bytes += entry.bytes.length;
    }
    return held.entries.slice(from, to);
  }
}
