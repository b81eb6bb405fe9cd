import type {
  CheckpointRecord,
  CheckpointStorage,
  EntryRecord,
  InboxStorage,
  JournalStorage,
  Outcome,
  Storage,
  Write,
} from '#spi';
import type { Boundary } from './boundary';
import { describeCheckpoint, describeWrite, describeWrites } from './describe-write';

interface HeldAnswer {
  readonly known: Promise<void>;
  readonly give: () => void;
}

/**
 * A store as one life of an application sees it. It names every boundary that the life passes, and ends the life at
 * the one it is told to.
 *
 *  D1. A dead life is never answered, and nothing it writes arrives.
 *  D2. The boundary it dies at is the last one it names.
 *  D3. The store behind it, and what was applied there, is for the next life.
 *  D4. Answers are given one at a time, in the order of the questions, when `answerNext` says so: how fast a store is
 *      does not decide what happens in a run.
 */
export class CrashStorage implements Storage {
  readonly journal: JournalStorage;
  readonly inbox: InboxStorage;
  readonly checkpoints: CheckpointStorage;
  readonly openedWith: Readonly<Record<string, unknown>>;
  /** Boundaries passed so far, the one it died at included. */
  readonly passed: Boundary[] = [];
  private flushes = 0;
  private saves = 0;
  private readonly held: HeldAnswer[] = [];
  private deathPlace: Boundary | null = null;
  private isCut = false;

  /** @param dieAt id of the boundary to die at; `null` to live on */
  constructor(
    private readonly store: Storage,
    private readonly dieAt: string | null,
    private readonly onDeath: () => void,
  ) {
    this.openedWith = store.openedWith ?? {};
    const { journal, inbox, checkpoints } = store;
    this.journal = this.standBefore(journal, {
      flush: (writes: readonly Write[]) => this.flush(writes),
      read: (actor: string, afterSeq: number, throughSeq?: number) => this.read(actor, afterSeq, throughSeq),
    });
    this.inbox = this.standBefore(inbox, {});
    this.checkpoints = this.standBefore(checkpoints, {
      save: (record: CheckpointRecord, keep: number) => this.save(record, keep),
    });
  }

  /** Where it died, or `null`. */
  get diedAt(): Boundary | null {
    return this.deathPlace;
  }

  /** Gives the oldest answer that is held back (D4). @returns `false`: none is */
  async answerNext(): Promise<boolean> {
    const next = this.held.shift();
    await next?.known;
    next?.give();
    return next !== undefined;
  }

  /** This life is over, here and now: at `boundary`, if it was made to die there. */
  pass(boundary: Boundary): void {
    if (this.isCut) return;
    this.passed.push(boundary);
    if (boundary.id !== this.dieAt) return;
    this.deathPlace = boundary;
    this.cut();
    this.onDeath();
  }

  /** Nothing is answered any more (D1). */
  cut(): void {
    this.isCut = true;
  }

  private async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    const id = `flush#${++this.flushes}`;
    const what = describeWrites(writes);
    this.pass({ id: `${id}.beforeApply`, words: `before the commit of ${what}` });
    if (this.isCut) return never();
    const partial = this.partOf(id, writes);
    if (partial > 0) {
      await this.asked(this.store.journal.flush(writes.slice(0, partial)));
      return this.dieAfter(id, writes, partial);
    }
    const outcomes = await this.asked(this.store.journal.flush(writes));
    for (let applied = 1; applied < writes.length; applied++) this.pass(between(id, writes, applied));
    this.pass({ id: `${id}.afterApply`, words: `after the commit of ${what}, before its answer` });
    return this.isCut ? never() : outcomes;
  }

  /** How many writes of this flush reach the store when it is to die among them; 0 when it is not. */
  private partOf(flush: string, writes: readonly Write[]): number {
    const prefix = `${flush}.afterWrite`;
    const applied = this.dieAt?.startsWith(prefix) === true ? Number(this.dieAt.slice(prefix.length)) : 0;
    return applied < writes.length ? applied : 0;
  }

  private dieAfter(flush: string, writes: readonly Write[], last: number): Promise<never> {
    for (let applied = 1; applied <= last; applied++) this.pass(between(flush, writes, applied));
    return never();
  }

  private async *read(actor: string, afterSeq: number, throughSeq?: number): AsyncGenerator<readonly EntryRecord[]> {
    const pages = this.store.journal.read(actor, afterSeq, throughSeq)[Symbol.asyncIterator]();
    for (;;) {
      if (this.isCut) await never();
      const page = await this.asked(pages.next());
      if (this.isCut) await never();
      if (page.done === true) return;
      yield page.value;
    }
  }

  private async save(record: CheckpointRecord, keep: number): Promise<void> {
    const id = `checkpoint#${++this.saves}`;
    const what = describeCheckpoint(record);
    this.pass({ id: `${id}.beforeSave`, words: `before ${what} was saved` });
    if (this.isCut) return never();
    await this.asked(this.store.checkpoints.save(record, keep));
    this.pass({ id: `${id}.afterSave`, words: `after ${what} was saved` });
    return this.isCut ? never() : undefined;
  }

  private async asked<T>(answer: Promise<T>): Promise<T> {
    const known = answer.then(
      () => undefined,
      () => undefined, // whoever asked gets to see it
    );
    await new Promise<void>((give) => this.held.push({ known, give }));
    return answer;
  }

  /** The port, each method of it cut off with the life; those of `own` in the place of the port's. */
  private standBefore<T extends object>(port: T, own: Partial<T>): T {
    return new Proxy(port, {
      get: (target, name): unknown => {
        const mine: unknown = Reflect.get(own, name);
        if (name === 'read') return mine;
        const value: unknown = mine ?? Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        const call = value as (...args: unknown[]) => Promise<unknown>;
        if (mine !== undefined) return (...args: unknown[]) => (this.isCut ? never() : call(...args));
        return (...args: unknown[]) => (this.isCut ? never() : this.answerTo(call.apply(target, args)));
      },
    });
  }

  private async answerTo(answer: Promise<unknown>): Promise<unknown> {
    const value = await this.asked(answer);
    return this.isCut ? never() : value;
  }
}

function between(flush: string, writes: readonly Write[], applied: number): Boundary {
  const done = describeWrites(writes.slice(0, applied));
  const next = describeWrite(writes[applied] as Write);
  return { id: `${flush}.afterWrite${applied}`, words: `after the commit of ${done}, before that of ${next}` };
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
