import fc from 'fast-check';
import {
  type AppendWrite,
  type Env,
  type EntryRecord,
  type HeadRow,
  type JournalStorage,
  type NewInboxRow,
  type Outcome,
  StoreBusyError,
  StoreClosedError,
  StoreFailedError,
  type Timer,
  type Write,
  setFailpointHook,
} from '#spi';
import { MemoryStorage } from '#storage/memory';
import { type GroupCommitOptions, GroupCommitWriter, type Settled } from './writer';

/** Timers wait for `elapse`; errors thrown into the void are caught. */
class TestEnv implements Env {
  readonly pauses: number[] = [];
  readonly uncaught: unknown[] = [];
  private due: (() => void)[] = [];

  now = () => 0;
  monotonic = () => 0;
  random = () => 0;
  id = () => 'id';

  immediate(fn: () => void): void {
    setImmediate(() => {
      try {
        fn();
      } catch (error) {
        this.uncaught.push(error);
      }
    });
  }

  schedule(fn: () => void, delayMs: number): Timer {
    this.pauses.push(delayMs);
    this.due.push(fn);
    return { cancel: () => undefined };
  }

  elapse(): void {
    const { due } = this;
    this.due = [];
    for (const fn of due) fn();
  }
}

/** A memory store whose every flush stands still until the test says how it goes on. */
class GatedJournal implements JournalStorage {
  readonly name = 'gated';
  readonly flushes: (readonly Write[])[] = [];
  readonly memory = new MemoryStorage();
  readonly capabilities = this.memory.journal.capabilities;
  unreadable = false;
  private gates: { resolve(outcomes: readonly Outcome[]): void; reject(error: unknown): void }[] = [];

  flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.flushes.push(writes);
    return new Promise((resolve, reject) => this.gates.push({ resolve, reject }));
  }

  /** Lets the oldest flush happen. */
  async release(): Promise<void> {
    const outcomes = await this.memory.journal.flush(this.last());
    this.gates.shift()!.resolve(outcomes);
    await settleDown();
  }

  /** Applies the first `applied` writes, then says that the flush failed. */
  async fail(applied: number, error: unknown = new Error('disk on fire')): Promise<void> {
    await this.memory.journal.flush(this.last().slice(0, applied));
    this.gates.shift()!.reject(error);
    await settleDown();
  }

  answer(outcomes: readonly Outcome[]): void {
    this.gates.shift()!.resolve(outcomes);
  }

  head(actor: string): Promise<HeadRow> {
    if (this.unreadable) return Promise.reject(new Error('cannot read'));
    return this.memory.journal.head(actor);
  }

  read(actor: string, afterSeq: number, throughSeq?: number) {
    return this.memory.journal.read(actor, afterSeq, throughSeq);
  }

  truncate = () => Promise.resolve();
  purge = () => Promise.resolve([]);
  restore = () => Promise.resolve(false);
  actors = () => Promise.resolve([]);
  close = () => Promise.resolve();

  private last(): readonly Write[] {
    return this.flushes[this.flushes.length - this.gates.length]!;
  }
}

const tick = () => new Promise((resolve) => setImmediate(resolve));
async function settleDown(): Promise<void> {
  for (let i = 0; i < 8; i++) await tick();
}

const entry = (seq: number, text = `entry ${seq}`): EntryRecord => ({ seq, bytes: Buffer.from(text) });

function append(actor: string, from: number, count = 1, more: Partial<AppendWrite> = {}): AppendWrite {
  const epoch = from === 0 ? 0 : 1;
  return {
    kind: 'append',
    actor,
    expected: { seq: from, epoch },
    epoch: 1,
    writer: 'w1',
    schema: 1,
    status: 'live',
    entries: Array.from({ length: count }, (_, i) => entry(from + i + 1)),
    inbox: [],
    sends: [],
    ...more,
  };
}

const row = (id: string, more: Partial<NewInboxRow> = {}): NewInboxRow => ({
  actor: 'a',
  id,
  argsHash: 'h',
  message: Buffer.from(id),
  attempts: 0,
  dueAt: 0,
  ...more,
});

function setUp(options: Partial<GroupCommitOptions> = {}) {
  const env = new TestEnv();
  const journal = new GatedJournal();
  const writer = new GroupCommitWriter(journal, env, { inbox: journal.memory.inbox, ...options });
  const settled: [name: string, result: Settled][] = [];
  const submit = (name: string, write: Write) => writer.submit(write, (result) => settled.push([name, result]));
  const kinds = () => settled.map(([name, { kind }]) => `${name} ${kind}`);
  return { env, journal, writer, settled, submit, kinds };
}

const actorsOf = (flushes: readonly (readonly Write[])[]): string[] =>
  flushes.map((writes) => writes.map((write) => (write as AppendWrite).actor).join(''));

afterEach(() => setFailpointHook(undefined));

describe('GroupCommitWriter', () => {
  it('flushes the writes of one tick together, the next ones after it, in the order of submit (W1, W3)', async () => {
    const { journal, submit, kinds } = setUp();
    submit('1', append('a', 0));
    submit('2', append('b', 0));
    await Promise.resolve().then(() => submit('3', append('a', 1)));
    await settleDown();
    expect(journal.flushes.map((writes) => writes.length)).toEqual([3]);
    submit('4', append('a', 2));
    submit('5', append('c', 0));
    await settleDown();
    expect(journal.flushes).toHaveLength(1);
    await journal.release();
    expect(kinds()).toEqual(['1 committed', '2 committed', '3 committed']);
    expect(journal.flushes.map((writes) => writes.length)).toEqual([3, 2]);
    await journal.release();
    expect(kinds().slice(3)).toEqual(['4 committed', '5 committed']);
  });

  it('tells each write its own outcome, once, never inside submit (W2)', async () => {
    const { journal, writer, submit, settled, kinds } = setUp();
    let inside = true;
    writer.submit(append('a', 0), () => expect(inside).toBe(false));
    inside = false;
    submit('stale', append('a', 5));
    submit('accept', { kind: 'accept', row: row('m') });
    submit('again', { kind: 'accept', row: row('m') });
    await settleDown();
    await journal.release();
    expect(kinds()).toEqual(['stale conflict', 'accept accepted', 'again duplicate']);
    expect(settled[0]![1]).toMatchObject({ actual: { seq: 1, epoch: 1 } });
  });

  it('lets those just answered join the next batch (W3)', async () => {
    const { journal, writer, submit } = setUp();
    for (const actor of ['a', 'b', 'c']) {
      writer.submit(append(actor, 0), () => {
        void Promise.resolve()
          .then(() => undefined)
          .then(() => writer.submit(append(actor, 1), () => undefined));
      });
    }
    await settleDown();
    submit('waiting', append('d', 0));
    await journal.release();
    expect(journal.flushes.map((writes) => writes.length)).toEqual([3, 4]);
  });

  describe('where answers overlap with the next flush', () => {
    it('gives half of them, lets their next writes go, and gives the others meanwhile; one flush at a time, in order (W1–W3)', async () => {
      const { journal, writer, settled, kinds } = setUp({ overlap: 'always' });
      const write = (actor: string, from: number): void =>
        writer.submit(append(actor, from), (result) => {
          settled.push([`${actor}${from}`, result]);
          if (from < 2) write(actor, from + 1);
        });
      for (const actor of ['a', 'b', 'c', 'd']) write(actor, 0);
      await settleDown();
      await journal.release();
      expect(kinds()).toEqual(['a0', 'b0', 'c0', 'd0'].map((name) => `${name} committed`));
      expect(actorsOf(journal.flushes)).toEqual(['abcd', 'ab']);
      await journal.release();
      expect(actorsOf(journal.flushes)).toEqual(['abcd', 'ab', 'cd']); // written while the store had the others
      await journal.release();
      expect(actorsOf(journal.flushes)).toEqual(['abcd', 'ab', 'cd', 'ab']);
      await journal.release();
      await journal.release();
      expect(kinds().slice(4)).toEqual(
        ['a1', 'b1', 'c1', 'd1', 'a2', 'b2', 'c2', 'd2'].map((name) => `${name} committed`),
      );
      expect(writer.isIdle).toBe(true);
    });

    it('the store has the next flush before anybody else is answered', async () => {
      const { journal, writer, submit } = setUp({ overlap: 'always' });
      const flushes: number[] = [];
      submit('1', append('a', 0));
      await settleDown();
      writer.submit(append('b', 0), () => flushes.push(journal.flushes.length));
      await journal.release(); // answers one, begins the next
      submit('3', append('c', 0));
      await journal.release();
      expect(flushes).toEqual([3]);
      await journal.release();
    });

    it('writes nothing beside a flush whose outcome is being read back (W4)', async () => {
      const { env, journal, submit, kinds } = setUp({ overlap: 'always' });
      submit('1', append('a', 0));
      await settleDown();
      submit('2', append('a', 1));
      journal.unreadable = true;
      await journal.fail(1);
      expect(journal.flushes).toHaveLength(1);
      journal.unreadable = false;
      env.elapse();
      await settleDown();
      await journal.release();
      expect(kinds()).toEqual(['1 committed', '2 committed']);
    });
  });

  it('bounds a batch by writes and by bytes; what is too large goes alone (W3)', async () => {
    const { journal, submit } = setUp({ maxWrites: 3, maxBytes: 2_000 });
    for (let i = 0; i < 4; i++) submit(`small ${i}`, append(`s${i}`, 0));
    submit('large', append('l', 0, 1, { entries: [{ seq: 1, bytes: Buffer.alloc(5_000) }] }));
    submit('row', append('r', 0, 1, { sends: [row('x', { message: Buffer.alloc(1_500) })] }));
    submit('answer', append('z', 0, 1, { inbox: [done('y', 1_000)] }));
    for (let i = 0; i < 6; i++) {
      await settleDown();
      if (journal.flushes.length > i) await journal.release();
    }
    expect(journal.flushes.map((writes) => writes.length)).toEqual([3, 1, 1, 1, 1]);
  });

  it('survives a callback that throws (W5)', async () => {
    const { env, journal, writer, submit, kinds } = setUp();
    writer.submit(append('a', 0), () => {
      throw new Error('defect');
    });
    submit('next', append('b', 0));
    await settleDown();
    await journal.release();
    submit('later', append('b', 1));
    await settleDown();
    await journal.release();
    expect(kinds()).toEqual(['next committed', 'later committed']);
    expect(env.uncaught).toEqual([new Error('defect')]);
  });

  it('is idle once all is settled, callbacks included (W6)', async () => {
    const { journal, writer } = setUp();
    await writer.idle();
    const order: string[] = [];
    writer.submit(append('a', 0), () => {
      order.push('first');
      writer.submit(append('a', 1), () => order.push('second'));
    });
    void writer.idle().then(() => order.push('idle'));
    await settleDown();
    await journal.release();
    expect(order).toEqual(['first']);
    await journal.release();
    expect(order).toEqual(['first', 'second', 'idle']);
  });

  it('writes on close what it was given, and nothing after (W6)', async () => {
    const { journal, writer, submit, settled, kinds } = setUp();
    submit('1', append('a', 0));
    const closed = writer.close();
    submit('2', append('a', 1));
    await settleDown();
    await journal.release();
    await closed;
    await writer.close();
    expect(kinds().sort()).toEqual(['1 committed', '2 lost']);
    expect(settled.find(([name]) => name === '2')![1]).toMatchObject({
      error: expect.any(StoreClosedError) as unknown,
    });
    expect(journal.flushes).toHaveLength(1);
  });
});

const done = (id: string, bytes = 1) =>
  ({ op: 'done', id, argsHash: 'h', answer: Buffer.alloc(bytes), expiresAt: null, fresh: true }) as const;

describe('GroupCommitWriter, after a flush of unknown outcome (W4)', () => {
  it('says that what it writes fails, until something is stored', async () => {
    const { journal, writer, submit, kinds } = setUp();
    submit('1', append('a', 0));
    await settleDown();
    await journal.fail(0);
    expect(kinds()).toEqual(['1 failed']);
    expect(writer.isIdle).toBe(true);
    expect(writer.failing).toEqual({ since: 0, triedAt: 0 });
    submit('2', append('a', 0));
    await settleDown();
    await journal.fail(0, new StoreBusyError('gated', 1));
    expect(writer.failing).not.toBeNull();
    submit('3', append('a', 0));
    await settleDown();
    await journal.release();
    expect(kinds().slice(1)).toEqual(['2 failed', '3 committed']);
    expect(writer.failing).toBeNull();
  });

  it('a flush that said it failed, and is found stored, is no failure', async () => {
    const { journal, writer, submit, kinds } = setUp();
    submit('1', append('a', 0));
    await settleDown();
    await journal.fail(1);
    expect(kinds()).toEqual(['1 committed']);
    expect(writer.failing).toBeNull();
  });

  it('finds out what was stored and what was not', async () => {
    const { journal, submit, settled, kinds } = setUp();
    submit('a1', append('a', 0, 2));
    submit('a2', append('a', 2));
    submit('b1', append('b', 0));
    submit('b2', append('b', 1));
    await settleDown();
    await journal.fail(2);
    expect(kinds()).toEqual(['a1 committed', 'a2 committed', 'b1 failed', 'b2 failed']);
    expect(settled[0]![1]).toMatchObject({ head: { seq: 2, epoch: 1 } });
    expect(settled[1]![1]).toMatchObject({ head: { seq: 3, epoch: 1 } });
    expect(settled[2]![1]).toMatchObject({ reason: 'disk on fire' });
  });

  it('asks nobody about a store that was busy: nothing was written, and everybody is told so', async () => {
    const { journal, submit, settled, kinds } = setUp();
    submit('a1', append('a', 0));
    submit('m1', { kind: 'accept', row: row('m1') });
    await settleDown();
    journal.unreadable = true;
    const error = new StoreBusyError('gated', 5_000);
    await journal.fail(0, error);
    expect(kinds()).toEqual(['a1 failed', 'm1 failed']);
    for (const [, result] of settled) expect(result).toMatchObject({ reason: error.message, error });
  });

  it('sees through what somebody else has written since', async () => {
    const { journal, submit, kinds } = setUp();
    submit('applied', append('a', 0));
    submit('not applied', append('b', 0));
    await settleDown();
    await journal.memory.journal.flush([append('b', 0, 1, { writer: 'w2', entries: [entry(1, 'theirs')] })]);
    const takeOver = { expected: { seq: 1, epoch: 1 }, epoch: 2, writer: 'w2' };
    const flushed = journal.memory.journal.flush.bind(journal.memory.journal);
    journal.memory.journal.flush = async (writes) => {
      const outcomes = await flushed(writes);
      await flushed([append('a', 1, 1, takeOver)]);
      return outcomes;
    };
    await journal.fail(1);
    expect(kinds()).toEqual(['applied committed', 'not applied conflict']);
  });

  it('tells an append without entries by the rows it writes', async () => {
    const { journal, submit, kinds } = setUp();
    const started = [append('a', 0), append('b', 0)];
    const rows: Write[] = ['m1', 'm2', 'm3'].map((id) => ({ kind: 'accept', row: row(id) }));
    await journal.memory.journal.flush([...started, ...rows]);
    const attempt = (actor: string, id: string) =>
      append(actor, 1, 0, { inbox: [{ op: 'attempt', id, attempts: 1, dueAt: 5 }] });
    submit('in', attempt('a', 'm1'));
    submit('out', attempt('a', 'm2'));
    submit('sent', append('b', 1, 0, { sends: [row('m3')] }));
    submit('not sent', append('b', 1, 0, { sends: [row('m4')] }));
    submit('nothing', append('b', 1, 0));
    submit('stopped', append('b', 1, 0, { status: 'terminated' }));
    await settleDown();
    await journal.fail(1);
    expect(kinds()).toEqual([
      'in committed',
      'out failed',
      'sent committed',
      'not sent failed',
      'nothing committed',
      'stopped failed',
    ]);
  });

  it('tells an accepted message by its row', async () => {
    const { journal, submit, settled, kinds } = setUp();
    await journal.memory.journal.flush([{ kind: 'accept', row: row('old', { argsHash: 'other' }) }]);
    for (const id of ['in', 'in', 'old', 'out']) submit(id, { kind: 'accept', row: row(id) });
    await settleDown();
    await journal.fail(1);
    expect(kinds()).toEqual(['in accepted', 'in duplicate', 'old duplicate', 'out failed']);
    expect(settled[2]![1]).toMatchObject({ row: { argsHash: 'other' } });
  });

  it('reads again with growing pauses, and writes nothing meanwhile', async () => {
    const { env, journal, submit, kinds } = setUp();
    submit('1', append('a', 0));
    await settleDown();
    journal.unreadable = true;
    await journal.fail(1);
    submit('2', append('a', 1));
    for (let i = 0; i < 3; i++) {
      await settleDown();
      env.elapse();
    }
    await settleDown();
    expect([kinds(), journal.flushes.length, env.pauses]).toEqual([[], 1, [50, 100, 200, 400]]);
    journal.unreadable = false;
    env.elapse();
    await settleDown();
    expect([kinds(), journal.flushes.length]).toEqual([['1 committed'], 2]);
  });

  it('says lost only when it cannot be read, and goes on with the others', async () => {
    const { env, journal, submit, settled, kinds } = setUp({ readBackAttempts: 2, readBackDelayMs: 10 });
    submit('1', append('a', 0));
    submit('2', { kind: 'accept', row: row('m') });
    await settleDown();
    journal.unreadable = true;
    await journal.fail(0);
    env.elapse();
    await settleDown();
    expect(kinds()).toEqual(['1 lost', '2 failed']);
    const { error } = settled[0]![1] as Extract<Settled, { kind: 'lost' }>;
    expect(error).toBeInstanceOf(StoreFailedError);
    expect(error.message).toMatch(/disk on fire.*cannot be read/);
    expect(error.cause).toEqual(new Error('cannot read'));
    submit('3', append('a', 0));
    await settleDown();
    await journal.release();
    expect(kinds().at(-1)).toBe('3 committed');
  });

  it('does not believe a store that answers for another number of writes', async () => {
    const { journal, submit, kinds } = setUp();
    submit('1', append('a', 0));
    submit('2', append('b', 0));
    await settleDown();
    journal.answer([{ kind: 'committed', head: { seq: 1, epoch: 1 } }]);
    await settleDown();
    expect(kinds()).toEqual(['1 failed', '2 failed']);
  });

  it('finds a commit whose acknowledgement went missing', async () => {
    const { journal, submit, kinds } = setUp();
    setFailpointHook((name) => {
      if (name === 'flush.beforeAcks') throw new Error('cut off');
    });
    submit('1', append('a', 0));
    await settleDown();
    await journal.release();
    expect(kinds()).toEqual(['1 committed']);
  });

  it.each(['never', 'always'] as const)('always tells the truth (property; overlap: %s)', async (overlap) => {
    const plan = fc.record({
      actors: fc.integer({ min: 1, max: 4 }),
      writes: fc.array(
        fc.record({
          actor: fc.nat(3),
          entries: fc.integer({ min: 1, max: 3 }),
          stale: fc.boolean(),
          rest: fc.boolean(),
        }),
        { minLength: 1, maxLength: 30 },
      ),
      faults: fc.array(fc.option(fc.nat(6), { freq: 2 }), { maxLength: 10 }),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ actors, writes, faults }) => {
        const { journal, writer } = setUp({ maxWrites: 7, overlap });
        const ends = new Map<string, number>();
        const results: { write: AppendWrite; result: Settled }[] = [];
        for (const [i, { actor: n, entries, stale, rest }] of writes.entries()) {
          const actor = `actor ${n % actors}`;
          const from = ends.get(actor) ?? 0;
          const write = append(actor, stale && from > 0 ? from - 1 : from, entries);
          const marked = { ...write, entries: write.entries.map(({ seq }) => entry(seq, `${i}:${seq}`)) };
          if (!stale) ends.set(actor, from + entries);
          writer.submit(marked, (result) => results.push({ write: marked, result }));
          if (rest) await tick();
        }
        for (let i = 0; results.length < writes.length; i++) {
          await settleDown();
          const fault = faults[i];
          if (fault === null || fault === undefined) await journal.release();
          else await journal.fail(fault);
        }
        expect(results.map(({ write }) => write)).toEqual(journal.flushes.flat());
        for (const { write, result } of results) {
          const { seq, bytes } = write.entries.at(-1)!;
          const pages: EntryRecord[] = [];
          for await (const page of journal.read(write.actor, seq - 1, seq)) pages.push(...page);
          const isStored = pages.some((found) => Buffer.compare(found.bytes, bytes) === 0);
          expect([result.kind === 'committed', isStored]).toEqual([isStored, isStored]);
        }
      }),
      { numRuns: 60 },
    );
  });
});
