import type {
  CheckpointRecord,
  CheckpointStorage,
  EntryRecord,
  HeadRow,
  InboxRow,
  InboxStorage,
  JournalStorage,
  Outcome,
  Storage,
  Write,
} from 'plexspaces/spi';

type Flush = (writes: readonly Write[]) => Promise<readonly Outcome[]>;
type Save = (record: CheckpointRecord, keep: number) => Promise<void>;

/**
 * A node's view of a store: it counts what the node does, lets a test stand between node and store, and can be cut
 * off for good, after which the node hears nothing any more, as if its process had died.
 */
export class ProbeStorage implements Storage {
  readonly journal: JournalStorage;
  readonly inbox: InboxStorage;
  readonly checkpoints: CheckpointStorage;
  /** What each append wrote, in order. */
  readonly appends: { readonly actor: string; readonly entries: number; readonly sends: number }[] = [];
  /** Inbox rows accepted outside of turns. */
  accepts = 0;
  flushes = 0;
  /** Ranges of the journal that were read: entries after `afterSeq`. */
  readonly reads: { readonly actor: string; readonly afterSeq: number; entries: number }[] = [];
  readonly saves: CheckpointRecord[] = [];
  /** Stands between the node and the store. */
  onFlush: (writes: readonly Write[], flush: Flush) => Promise<readonly Outcome[]> = (writes, flush) => flush(writes);
  onSave: (record: CheckpointRecord, keep: number, save: Save) => Promise<void> = (record, keep, save) =>
    save(record, keep);
  /** Stands before a look for one message. */
  onFind: () => Promise<void> = () => Promise.resolve();
  private isCut = false;

  constructor(private readonly store: Storage) {
    this.journal = this.probeJournal(store.journal);
    this.inbox = this.dying<InboxStorage>({ ...bound(store.inbox), find: (actor, id) => this.find(actor, id) });
    this.checkpoints = this.dying({ ...bound(store.checkpoints), save: (record, keep) => this.keep(record, keep) });
  }

  appendsOf(actor: string): number {
    return this.appends.filter((append) => append.actor === actor).length;
  }

  forget(): void {
    this.appends.length = this.reads.length = this.saves.length = 0;
    this.accepts = this.flushes = 0;
  }

  /** The node is dead: nothing it asks for is answered, nothing it writes arrives. */
  cut(): void {
    this.isCut = true;
  }

  private async find(actor: string, id: string): Promise<InboxRow | null> {
    await this.onFind();
    return this.store.inbox.find(actor, id);
  }

  private async keep(record: CheckpointRecord, keep: number): Promise<void> {
    await this.onSave(record, keep, (r, k) => this.store.checkpoints.save(r, k));
    this.saves.push(record);
  }

  private async write(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.flushes++;
    for (const write of writes) {
      if (write.kind === 'accept') this.accepts++;
      else this.appends.push({ actor: write.actor, entries: write.entries.length, sends: write.sends.length });
    }
    return this.onFlush(writes, (given) => (this.isCut ? never() : this.store.journal.flush(given)));
  }

  private probeJournal(journal: JournalStorage): JournalStorage {
    return this.dying<JournalStorage>({
      ...bound(journal),
      name: journal.name,
      capabilities: journal.capabilities,
      flush: (writes) => this.write(writes),
      read: (actor, afterSeq, throughSeq) => this.read(actor, afterSeq, throughSeq),
    });
  }

  private async *read(actor: string, afterSeq: number, throughSeq?: number): AsyncGenerator<readonly EntryRecord[]> {
    const range = { actor, afterSeq, entries: 0 };
    this.reads.push(range);
    for await (const page of this.store.journal.read(actor, afterSeq, throughSeq)) {
      range.entries += page.length;
      yield page;
    }
  }

  /** Every call of a dead node waits for ever. */
  private dying<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || name === 'read') return value;
        return (...args: unknown[]): unknown =>
          this.isCut ? never() : (value as (...args: unknown[]) => unknown).apply(target, args);
      },
    });
  }
}

export function headOf(storage: Storage, actor: string): Promise<HeadRow> {
  return storage.journal.head(actor);
}

/** Methods of a class instance as properties, so that one of them can be put in another's place. */
function bound<T extends object>(port: T): T {
  const copy = { ...port } as Record<string, unknown>;
  for (let level: object = port; level !== Object.prototype; level = Object.getPrototypeOf(level) as object) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const value: unknown = Reflect.get(port, name);
      if (typeof value === 'function' && name !== 'constructor' && !(name in copy)) copy[name] = value.bind(port);
    }
  }
  return copy as T;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
