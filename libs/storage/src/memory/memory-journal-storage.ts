import type { EntryRecord, HeadRow, JournalStorage, Outcome, StorageCapabilities, Write } from '#spi';
import { MemoryPort } from './memory-port';
import { MemoryTables, NO_HEAD, copyOfEntries } from './memory-tables';
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

/** The order of UTF-8 bytes, in which every store lists ids; `<` compares UTF-16 units and differs beyond U+FFFF. */
function compareUtf8(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
