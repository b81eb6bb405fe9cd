import {
  Actor,
  type DeadLetter,
  DeadLetters,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { z } from 'zod';
import { Gate, failureOf, settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World, ofKind } from '../durable/world';

let env: ManualClock;
let isBroken: boolean;
let effects: string[];
let gate: Gate;

class Ledger {
  @State() done: unknown[] = [];
  @Handle() add(what: unknown): unknown[] {
    if (what === 'bad' && isBroken) throw new Error('toxic', { cause: new RangeError('out of range') });
    this.done.push(what);
    return this.done;
  }
  @Handle({ schema: z.number().positive() }) amount(n: number): unknown {
    if (n > 100) throw new Error('too much');
    this.done.push(n);
    return n;
  }
  @Handle() async charge(what: string): Promise<string> {
    const receipt = await this.call(what);
    if (isBroken) throw new Error('toxic');
    this.done.push(receipt);
    return receipt;
  }
  @Handle({ retry: { maxAttempts: 1 } }) once(): void {
    if (isBroken) throw new Error('toxic');
    this.done.push('once');
  }
  @Handle() async wait(): Promise<void> {
    await gate.pass();
  }
  @Handle({ readOnly: true }) all(): unknown[] {
    return this.done;
  }
  @SideEffect() protected async call(what: string): Promise<string> {
    effects.push(what);
    return `receipt ${effects.length} for ${what}`;
  }
}

@Actor({ type: 'passing' })
@UseFacets(durability(), virtualActor())
class Passing extends Ledger {}

@Actor({ type: 'held', onPoison: 'hold' })
@UseFacets(durability(), virtualActor())
class Held extends Ledger {}

@Actor({ type: 'created' })
@UseFacets(durability())
class Created extends Ledger {
  onCreate(): void {
    if (isBroken) throw new Error('cannot be made');
  }
}

describe('dead letters', () => {
  let world: World;
  let node: Node;
  const classes = [Passing, Held, Created];
  const letters = (): DeadLetters => node.module.get(DeadLetters);
  const park = async (ref: { tell: { add(what: unknown): Promise<void> } }): Promise<void> => {
    await ref.tell.add('bad');
    await env.advance(2_000);
  };
  const theOnly = async () => {
    const [letter, ...others] = (await letters().list()).letters;
    expect(others).toEqual([]);
    return letter as NonNullable<typeof letter>;
  };

  beforeEach(async () => {
    env = steadyClock();
    world = new World(env);
    isBroken = true;
    effects = [];
    gate = new Gate();
    node = await world.start(classes);
  });
  afterEach(async () => {
    const ending = world.end();
    await settle();
    await env.advance('1m');
    await ending;
  });

  it('are listed with message, cause chain and attempts', async () => {
    await park(node.ref(Passing).with({ principal: 'ann', headers: { trace: '7' } }));
    expect(await theOnly()).toMatchObject({
      actor: { type: 'passing', key: 'a' },
      method: 'add',
      args: ['bad'],
      sender: '',
      principal: 'ann',
      headers: { trace: '7' },
      attempts: 5,
      cause: { message: 'toxic', cause: { message: 'out of range' } },
    });
  });

  it('are shown with the times and effects that the journal has', async () => {
    const before = env.now();
    await node.ref(Passing).tell.charge('x');
    await env.advance(2_000);
    expect(await letters().get(await theOnly())).toMatchObject({
      startedAt: before,
      parkedAt: before + 1_500,
      effects: [{ name: expect.stringContaining('call') as string, failed: false }],
    });
  });

  it('are listed in pages over actors, by type', async () => {
    for (const key of ['c', 'a', 'b']) await park(node.ref(Passing, key));
    await park(node.ref(Passing, 'a'));
    await park(node.ref(Held, 'z'));
    const seen: string[] = [];
    let after: string | undefined;
    for (let pages = 0; pages < 3; pages++) {
      const page = await letters().list({ type: 'passing', limit: 2, ...(after === undefined ? {} : { after }) });
      seen.push(...page.letters.map(({ actor }) => (actor as { key: string }).key));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toEqual(['a', 'a', 'b', 'c']);
  });

  it('are taken up again with all their attempts; a repeat of the id gets what comes of that', async () => {
    const ref = node.ref(Passing).with({ idempotencyKey: 'k' });
    await ref.tell.add('bad');
    await env.advance(2_000);
    await node.ref(Passing).ask.add('next');
    isBroken = false;
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['next', 'bad']);
    expect(await ref.ask.add('bad')).toEqual(['next', 'bad']);
    expect((await letters().list()).letters).toEqual([]);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ divergences: [] });
  });

  it('are parked again when they fail again', async () => {
    await park(node.ref(Passing));
    await letters().retry(await theOnly());
    await env.advance(1_000);
    expect((await letters().list()).letters).toEqual([]);
    await env.advance(1_000);
    expect(await theOnly()).toMatchObject({ attempts: 5, args: ['bad'] });
  });

  it('go on from their record: an effect that was made is not made again', async () => {
    await node.ref(Passing).tell.charge('x');
    await env.advance(2_000);
    isBroken = false;
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['receipt 1 for x']);
    expect(effects).toEqual(['x']);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ divergences: [] });
  });

  it('begin a turn of their own also where their first one was open when the actor was loaded', async () => {
    await node.ref(Passing).tell.charge('x');
    await settle();
    node.crash();
    node = await world.start(classes);
    await env.advance(2_000);
    const letter = await theOnly();
    isBroken = false;
    await letters().retry(letter);
    await settle();
    expect(effects).toEqual(['x']);
    const entries = await node.ref(Passing).history.entries();
    const ends = [...ofKind(entries, 'MessageParked'), ...ofKind(entries, 'MessageProcessed')];
    expect(ofKind(entries, 'MessageReceived')).toHaveLength(ends.length);
    expect(ofKind(entries, 'SideEffectExecuted')).toHaveLength(2);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ turns: 1, divergences: [] });
  });

  it('go on from their record also when their first start is undone with a commit before it (P6)', async () => {
    const ref = node.ref(Passing);
    await ref.tell.charge('x');
    await env.advance(2_000);
    await park(ref);
    const [first, second] = (await letters().list()).letters as [DeadLetter, DeadLetter];
    isBroken = false;
    const busy = [ref.ask.wait()];
    await gate.reached(1);
    const retried = letters().retry(first);
    await settle();
    busy.push(ref.ask.wait());
    gate.release();
    await gate.reached(2);
    await retried; // its message waits for the actor to be free
    const refused = failureOf(letters().retry(second));
    await settle();
    const flushing = new Gate();
    node.probe.onFlush = async (writes, flush) => {
      const isSecond = writes.some((write) => write.kind === 'append' && write.inbox.some(({ op }) => op === 'revive'));
      if (!isSecond) return flush(writes);
      await flushing.pass();
      node.probe.onFlush = (given, onward) => onward(given);
      throw new Error('disk full');
    };
    gate.open();
    await flushing.reached();
    await settle();
    flushing.open();
    expect(await refused).toMatchObject({ code: 'PS_STORE_FAILED' });
    await Promise.all(busy);
    await env.advance(2_000);
    expect(effects).toEqual(['x']);
    expect(await ref.ask.all()).toEqual(['receipt 1 for x']);
    expect(await ref.history.verify()).toMatchObject({ divergences: [] });
  });

  it.each([
    ['ask', {}],
    ['tell', {}],
    ['ask', { anew: true }],
  ] as const)('are one with a repeat that comes while the actor is busy: %s, %j (P6)', async (kind, options) => {
    const ref = node.ref(Passing).with({ idempotencyKey: 'k' });
    await ref.tell.charge('x');
    await env.advance(2_000);
    isBroken = false;
    const first = node.ref(Passing).ask.wait();
    await gate.reached(1);
    const retried = letters().retry(await theOnly(), options);
    await settle();
    const second = node.ref(Passing).ask.wait(); // begins while the decision is on its way to the store
    gate.release();
    await gate.reached(2);
    await retried;
    const repeat = ref[kind].charge('x');
    await settle();
    gate.open();
    await Promise.all([first, second, repeat]);
    await settle();
    const receipts = 'anew' in options ? ['x', 'x'] : ['x'];
    expect(effects).toEqual(receipts);
    expect(await node.ref(Passing).ask.all()).toEqual([`receipt ${receipts.length} for x`]);
    expect(await ref.ask.charge('x')).toBe(`receipt ${receipts.length} for x`);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ divergences: [] });
  });

  it('start anew where an operator says so', async () => {
    await node.ref(Passing).tell.charge('x');
    await env.advance(2_000);
    isBroken = false;
    await letters().retry(await theOnly(), { anew: true });
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['receipt 2 for x']);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ divergences: [] });
  });

  it('run with edited arguments; the journal keeps the original, and the old arguments are a conflict', async () => {
    const ref = node.ref(Passing).with({ idempotencyKey: 'k' });
    await ref.tell.charge('x');
    await env.advance(2_000);
    isBroken = false;
    await letters().retry(await theOnly(), { args: ['y'] });
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['receipt 2 for y']);
    expect(await ref.ask.charge('y')).toBe('receipt 2 for y');
    expect(await failureOf(ref.ask.charge('x'))).toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    const entries = await node.ref(Passing).history.entries();
    const edit = ofKind(entries, 'MessageReceived').find(({ method }) => method === '$revive');
    expect(Buffer.from(edit?.payload ?? []).toString('latin1')).toMatch(/original.*x/s);
    expect(await node.ref(Passing).history.verify()).toMatchObject({ divergences: [] });
  });

  it('are refused with edited arguments that do not fit', async () => {
    await node.ref(Passing).tell.amount(500);
    await env.advance(2_000);
    const letter = await theOnly();
    expect(await failureOf(letters().retry(letter, { args: [-1] }))).toMatchObject({ code: 'PS_INVALID_ARGUMENTS' });
    expect(await failureOf(letters().retry(letter, { args: 'x' as never }))).toMatchObject({
      code: 'PS_INVALID_DEAD_LETTER_OPTION',
    });
    expect(await theOnly()).toMatchObject({ args: [500] });
    await letters().retry(letter, { args: [5] });
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual([5]);
  });

  it('are taken up once: unknown ones, those done and those under way are refused', async () => {
    await park(node.ref(Passing));
    const letter = await theOnly();
    const twice = await Promise.allSettled([letters().retry(letter), letters().retry(letter)]);
    expect(twice.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    isBroken = false;
    await env.advance(2_000);
    for (const call of [letters().retry(letter), letters().discard(letter), letters().get(letter)])
      expect(await failureOf(call)).toMatchObject({ code: 'PS_MESSAGE_NOT_PARKED', state: 'done' });
    const unknown = { ...letter, messageId: 'nobody' };
    expect(await failureOf(letters().retry(unknown))).toMatchObject({ state: 'unknown' });
    expect(await node.ref(Passing).ask.all()).toEqual(['bad']);
  });

  it('are discarded for good; repeats are told so', async () => {
    const ref = node.ref(Passing).with({ idempotencyKey: 'k' });
    await ref.tell.add('bad');
    await env.advance(2_000);
    await letters().discard(await theOnly(), 'test data');
    isBroken = false;
    expect(await failureOf(ref.ask.add('bad'))).toMatchObject({
      code: 'PS_MESSAGE_DISCARDED',
      message: expect.stringContaining('test data') as string,
    });
    expect((await letters().list()).letters).toEqual([]);
  });

  it('keep an ask that had no row, so that it can be taken up', async () => {
    expect(await failureOf(node.ref(Passing).ask.once())).toMatchObject({ code: 'PS_MESSAGE_PARKED' });
    isBroken = false;
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['once']);
  });

  it('reach an actor that is not in memory', async () => {
    await park(node.ref(Passing));
    node.crash();
    node = await world.start(classes);
    isBroken = false;
    await letters().retry(await theOnly());
    await settle();
    expect(await node.ref(Passing).ask.all()).toEqual(['bad']);
  });

  it('of an actor that never came to be can be discarded only', async () => {
    isBroken = false;
    await node.client(Created).spawn('c');
    isBroken = true;
    await park(node.ref(Created, 'c'));
    const letter = await theOnly();
    const stopping = node.ref(Created, 'c').stop();
    await settle();
    await stopping;
    expect(await failureOf(letters().retry(letter))).toMatchObject({ code: 'PS_ACTOR_TERMINATED' });
    await letters().discard(letter);
    expect((await letters().list()).letters).toEqual([]);
  });

  describe.each(['in memory', 'after a restart'])('that hold the line, %s', (when) => {
    const restart = async (): Promise<void> => {
      if (when === 'in memory') return;
      node.crash();
      node = await world.start(classes);
      await settle();
    };

    it('run before all that waited behind them, and open it', async () => {
      await park(node.ref(Held));
      await node.ref(Held).tell.add(1);
      await node.ref(Held).tell.add(2);
      await restart();
      const asked = node.ref(Held).ask.add(3);
      await settle();
      isBroken = false;
      await letters().retry(await theOnly());
      await settle();
      expect(await asked).toEqual(['bad', 1, 2, 3]);
      expect(await node.ref(Held).ask.add(4)).toEqual(['bad', 1, 2, 3, 4]);
    });

    it('open it when they are discarded', async () => {
      await park(node.ref(Held));
      await node.ref(Held).tell.add(1);
      await restart();
      await letters().discard(await theOnly());
      await settle();
      expect(await node.ref(Held).ask.add(2)).toEqual([1, 2]);
    });

    it('close it again when they fail again; a refused decision leaves it closed', async () => {
      await park(node.ref(Held));
      await node.ref(Held).tell.add(1);
      await restart();
      const letter = await theOnly();
      expect(await failureOf(letters().retry({ ...letter, messageId: 'x' }))).toMatchObject({
        code: 'PS_MESSAGE_NOT_PARKED',
      });
      await letters().retry(letter);
      await env.advance(2_000);
      expect(await node.ref(Held).ask.all()).toEqual([]);
      isBroken = false;
      await letters().retry(await theOnly());
      await settle();
      expect(await node.ref(Held).ask.all()).toEqual(['bad', 1]);
    });
  });

  it('are taken up in bulk: chosen, limited, at a rate, with progress', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await park(node.ref(Passing, key));
    isBroken = false;
    const seen: number[] = [];
    const redriving = letters().redrive({
      type: 'passing',
      filter: ({ actor }) => (actor as { key: string }).key !== 'b',
      limit: 2,
      rate: 2,
      onProgress: ({ retried }) => seen.push(retried),
    });
    await settle();
    expect(seen).toEqual([1]);
    await env.advance(499);
    expect(seen).toEqual([1]);
    await env.advance(1);
    expect(await redriving).toMatchObject({ seen: 3, retried: 2, failures: [] });
    await settle();
    expect((await letters().list()).letters.map(({ actor }) => actor)).toMatchObject([{ key: 'b' }, { key: 'd' }]);
    expect(await letters().redrive()).toMatchObject({ seen: 2, retried: 2 });
  });

  it.each([
    ['limit', () => letters().list({ limit: 0 })],
    ['after', () => letters().list({ after: 'x' })],
    ['limit', () => letters().redrive({ limit: -1 })],
    ['rate', () => letters().redrive({ rate: 0 })],
  ])('refuse a bad %s', async (option, call) => {
    expect(await failureOf(call())).toMatchObject({ code: 'PS_INVALID_DEAD_LETTER_OPTION', option });
  });
});
