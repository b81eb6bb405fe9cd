import {
  type Env,
  type HeadRow,
  type InboxRow,
  type InboxStorage,
  type JournalStorage,
  type PlexSpacesError,
  StoreFailedError,
  type TransactOutcome,
  type Write,
  failpoint,
} from '#spi';
import { type StoredFacts, decideOutcomes } from './decide-outcomes';

/** What became of a write. `lost`: nobody can say, not even by reading the store. */
export type Settled = TransactOutcome | { readonly kind: 'lost'; readonly error: PlexSpacesError };

/** How hard to try. */
export interface ReadBackPolicy {
  readonly attempts: number;
  /** Before the second attempt; doubles each time. */
  readonly delayMs: number;
}

/** Finds out what became of the writes of a flush that rejected (J7, P10), by reading what is stored. */
export class ReadBack {
  private reading = 0;

  constructor(
    private readonly journal: JournalStorage,
    private readonly inbox: InboxStorage,
    private readonly env: Env,
    private readonly policy: ReadBackPolicy,
  ) {}

  get isReading(): boolean {
    return this.reading > 0;
  }

  /** Never rejects. While it runs, nothing else is written, so that what is read stays so unless another process writes. */
  async settle(writes: readonly Write[], cause: unknown): Promise<readonly Settled[]> {
    this.reading++;
    try {
      return await this.read(writes, cause);
    } finally {
      this.reading--;
    }
  }

  private async read(writes: readonly Write[], cause: unknown): Promise<readonly Settled[]> {
    failpoint('readBack.before');
    const facts = new Facts(this.journal, this.inbox, writes);
    let failure: unknown = cause;
    for (let attempt = 0; attempt < this.policy.attempts; attempt++) {
      if (attempt > 0) await this.pause(this.policy.delayMs * 2 ** (attempt - 1));
      const failed = await facts.gather();
      if (failed === undefined) break;
      failure = failed.error;
    }
    failpoint('readBack.after');
    const lost: Settled = {
      kind: 'lost',
      error: new StoreFailedError(
        this.journal.name,
        `a write failed (${describe(cause)}) and its outcome cannot be read`,
        {
          cause: failure,
        },
      ),
    };
    return decideOutcomes(writes, facts, describe(cause)).map((outcome) => outcome ?? lost);
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.env.schedule(resolve, delayMs));
  }
}

/** What has been read so far. Each fact is read until it is there. */
class Facts implements StoredFacts {
  private readonly heads = new Map<string, HeadRow>();
  private readonly rows = new Map<string, InboxRow | null>();
  private readonly entries = new Map<Write, Uint8Array | null>();

  constructor(
    private readonly journal: JournalStorage,
    private readonly inbox: InboxStorage,
    private readonly writes: readonly Write[],
  ) {}

  /** Reads whatever is missing. @returns the first failure, or `undefined` when nothing is missing any more. */
  async gather(): Promise<{ readonly error: unknown } | undefined> {
    const heads = await settleAll(this.missingHeads());
    const rest = await settleAll(this.missingDetails()); // which details matter depends on the heads
    return heads ?? rest;
  }

  head(actor: string): HeadRow | undefined {
    return this.heads.get(actor);
  }

  row(actor: string, id: string): InboxRow | null | undefined {
    return this.rows.get(rowKey(actor, id));
  }

  lastEntry(write: Write): Uint8Array | null | undefined {
    return this.entries.get(write);
  }

  private *missingHeads(): Iterable<Promise<void>> {
    const actors = new Set(this.writes.flatMap((write) => (write.kind === 'append' ? [write.actor] : [])));
    for (const actor of actors) {
      if (!this.heads.has(actor)) yield this.journal.head(actor).then((head) => void this.heads.set(actor, head));
    }
  }

  private *missingDetails(): Iterable<Promise<void>> {
    const asked = new Set(this.rows.keys());
    for (const write of this.writes) {
      for (const [actor, id] of rowsThatTell(write)) {
        const key = rowKey(actor, id);
        if (asked.has(key)) continue;
        asked.add(key);
        yield this.inbox.find(actor, id).then((row) => void this.rows.set(key, row));
      }
      if (write.kind !== 'append' || write.entries.length === 0 || this.entries.has(write)) continue;
      const end = write.expected.seq + write.entries.length;
      const head = this.heads.get(write.actor);
      if (head !== undefined && head.seq >= end) yield this.readEntry(write, write.actor, end);
    }
  }

  private async readEntry(write: Write, actor: string, seq: number): Promise<void> {
    let found: Uint8Array | null = null;
    for await (const page of this.journal.read(actor, seq - 1, seq)) {
      for (const entry of page) if (entry.seq === seq) found = entry.bytes;
    }
    this.entries.set(write, found);
  }
}

/** Inbox rows that show whether `write` was applied. An append with entries is told by the journal. */
function rowsThatTell(write: Write): readonly (readonly [actor: string, id: string])[] {
  if (write.kind === 'accept') return [[write.row.actor, write.row.id]];
  if (write.entries.length > 0) return [];
  return [
    ...write.inbox.map(({ id }) => [write.actor, id] as const),
    ...write.sends.map(({ actor, id }) => [actor, id] as const),
  ];
}

function rowKey(actor: string, id: string): string {
  return `${actor}\n${id}`;
}

async function settleAll(reads: Iterable<Promise<void>>): Promise<{ readonly error: unknown } | undefined> {
  const results = await Promise.allSettled(reads);
  const failed = results.find((result) => result.status === 'rejected');
  return failed === undefined ? undefined : { error: failed.reason };
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
