import type { EntryRecord, HeadRow, JournalStorage, Outcome, StorageCapabilities, Write } from '#spi';
import { copyOfWrite } from './copy-write';
import type { Fate } from './fault-source';
import { type RequestLine, STORE } from './request-line';

/** The journal as one life sees it. */
export class SimJournalStorage implements JournalStorage {
  readonly name = STORE;
  readonly capabilities: StorageCapabilities = { persistent: true, shared: true, rows: false };

  constructor(private readonly line: RequestLine) {}

  flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const own = this.line.engine.faults.isImmediate ? writes : writes.map(copyOfWrite);
    return this.line.change('flush', true, (fate) => this.commit(own, fate));
  }

  head(actor: string): Promise<HeadRow> {
    return this.line.readLog('head', () => this.line.engine.journal.head(actor));
  }

  /** Each page is a request of its own. */
  async *read(actor: string, afterSeq: number, throughSeq?: number): AsyncGenerator<readonly EntryRecord[]> {
    for (let after = afterSeq; ;) {
      const page = await this.line.readLog('read', () => this.page(actor, after, throughSeq));
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.seq;
    }
  }

  truncate(actor: string, throughSeq: number): Promise<void> {
    return this.line.change('truncate', false, () => this.line.engine.truncate(actor, throughSeq));
  }

  purge(actors: readonly string[]): Promise<readonly boolean[]> {
    return this.line.change('purge', false, () => this.line.engine.purge(actors));
  }

  restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    const own = entries.map(({ seq, bytes }) => ({ seq, bytes: new Uint8Array(bytes) }));
    return this.line.change('restore', true, () => this.line.engine.restore(actor, own, head));
  }

  actors(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.line.readLog('actors', () => this.line.engine.journal.actors(prefix, after, limit));
  }

  async close(): Promise<void> {
    this.line.close();
  }

  /** A flush that fails after all may have been cut short between two writes: each is a transaction of its own (J1). */
  private async commit(writes: readonly Write[], { answers }: Fate): Promise<readonly Outcome[]> {
    const { engine } = this.line;
    const isAnswered = answers === 'result';
    const cut = isAnswered || writes.length < 2 ? 0 : engine.faults.choices.below(writes.length, 'flush.cutShort');
    const syncs = isAnswered && engine.faults.isImmediate;
    const outcomes = writes.slice(0, writes.length - cut).map((write) => engine.apply(write, syncs));
    if (isAnswered) await this.line.synced(engine.log.mark());
    return outcomes;
  }

  private async page(actor: string, afterSeq: number, throughSeq?: number): Promise<readonly EntryRecord[]> {
    for await (const page of this.line.engine.journal.read(actor, afterSeq, throughSeq)) return page;
    return [];
  }
}
