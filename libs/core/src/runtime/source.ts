/** Where a message stands among those of its sender while it may still be refused. */
export interface Place {
  /** Resolves when all before it were delivered or refused. */
  readonly isNext: Promise<unknown>;
  /** It was delivered, or refused. */
  readonly free: () => void;
}

/**
 * One sender as one receiver sees it: a ref, or a sending actor. It keeps what P2 promises about order without
 * holding up anyone else: a read-only ask waits for the earlier messages of its own sender, and only for these.
 *
 *  S1. Tickets rise in the order of sending.
 *  S2. `after(ticket)` runs its callback once every message with a smaller ticket has left.
 *  S3. A message whose admission takes time has a place: those behind it are delivered after it, or after its refusal.
 */
export class Source {
  private last: Promise<unknown> | null = null;
  private issued = 0;
  private readonly open = new Set<number>();
  private waiting: { readonly ticket: number; readonly run: () => void }[] = [];

  get hasPlaces(): boolean {
    return this.last !== null;
  }

  /** A place behind all there are. */
  takePlace(): Place {
    const before = this.last;
    let free = (): void => undefined;
    const mine = Promise.all([before, new Promise<void>((resolve) => (free = resolve))]).then(() => {
      if (this.last === mine) this.last = null;
    });
    this.last = mine;
    return { isNext: before ?? Promise.resolve(), free };
  }

  enter(): number {
    this.open.add(++this.issued);
    return this.issued;
  }

  leave(ticket: number): void {
    if (!this.open.delete(ticket) || this.waiting.length === 0) return;
    const ready = this.waiting.filter((waiter) => !this.isBlocked(waiter.ticket));
    if (ready.length === 0) return;
    this.waiting = this.waiting.filter((waiter) => this.isBlocked(waiter.ticket));
    for (const waiter of ready) waiter.run();
  }

  /** Runs at once when nothing earlier is under way. */
  afterEarlier(run: () => void): void {
    if (this.open.size === 0) run();
    else this.waiting.push({ ticket: this.issued + 1, run });
  }

  /** A Set keeps insertion order and tickets rise, so the first open one is the oldest. */
  private isBlocked(ticket: number): boolean {
    const oldest = this.open.values().next();
    return oldest.done !== true && oldest.value < ticket;
  }
}

/** The sources of one sender, by receiver. */
export class SourceTable {
  private sources: Map<string, Source> | null = null;

  of(receiver: string): Source {
    let source = (this.sources ??= new Map<string, Source>()).get(receiver);
    if (source === undefined) this.sources.set(receiver, (source = new Source()));
    return source;
  }
}
