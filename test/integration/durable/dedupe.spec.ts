import {
  Actor,
  type ActorContext,
  Ctx,
  Handle,
  SideEffect,
  State,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, failureOf, settle } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World, ofKind } from './world';

const calls: string[] = [];
let gate: Gate;
let broken = false;

@Actor({ type: 'account' })
@UseFacets(durability(), virtualActor())
class Account {
  @State() balance = 100;

  @Handle() async withdraw(amount: number): Promise<number> {
    calls.push(`withdraw ${amount}`);
    if (amount > this.balance)
      throw new TerminalError('insufficient', { balance: this.balance }, { code: 'INSUFFICIENT' });
    if (broken) throw new Error('the handler is broken');
    this.balance -= amount;
    return this.balance;
  }
  @Handle() async slow(): Promise<number> {
    calls.push('slow');
    this.balance -= await this.effect();
    return this.balance;
  }
  @Handle({ readOnly: true }) current(): number {
    return this.balance;
  }
  @SideEffect() protected async effect(): Promise<number> {
    calls.push('effect');
    await gate.pass();
    return 1;
  }
}

/** Cannot always be made anew. */
@Actor({ type: 'fragile' })
@UseFacets(durability(), virtualActor())
class Fragile {
  @State() lines: number[] = [];

  constructor() {
    if (broken) throw new Error('cannot be made');
  }

  @Handle() note(line: number): readonly number[] {
    this.lines.push(line);
    return this.lines;
  }
  @Handle() async fail(): Promise<void> {
    await gate.pass();
    throw new Error('no');
  }
}

@Actor({ type: 'teller' })
@UseFacets(durability(), virtualActor())
class Teller {
  @State() answers: number[] = [];
  @Handle() async serve(@Ctx() ctx: ActorContext, amount: number): Promise<number[]> {
    this.answers.push(await ctx.actor(Account, 'a').ask.withdraw(amount));
    await ctx.sideEffect('hold', () => gate.pass());
    return this.answers;
  }
}

describe('a message id', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    calls.length = 0;
    gate = new Gate();
    broken = false;
  });
  afterEach(() => world.end());

  const start = (): Promise<Node> => world.start([Account, Teller]);
  const keyed = (node: Node, key = 'k') => node.ref(Account).with({ idempotencyKey: key });

  it('[FI-DU13] [JR21] sent twice is applied once and gives the same answer, also over a crash', async () => {
    const first = await start();
    expect(await keyed(first).ask.withdraw(30)).toBe(70);
    expect(await keyed(first).ask.withdraw(30)).toBe(70);
    first.crash();
    const second = await start();
    expect(await keyed(second).ask.withdraw(30)).toBe(70);
    expect(await second.ref(Account).ask.current()).toBe(70);
    expect(calls).toEqual(['withdraw 30']);
    expect(ofKind(await second.ref(Account).history.entries(), 'MessageReceived')).toHaveLength(1);
  });

  it('a recorded error is the answer of its duplicates too', async () => {
    const first = await start();
    const errors = [await failureOf(keyed(first).ask.withdraw(500)), await failureOf(keyed(first).ask.withdraw(500))];
    await first.ref(Account).ask.withdraw(40);
    first.crash();
    const second = await start();
    errors.push(await failureOf(keyed(second).ask.withdraw(500)));
    for (const error of errors) {
      expect(error).toMatchObject({
        name: 'TerminalError',
        message: 'insufficient',
        code: 'INSUFFICIENT',
        details: { balance: 100 },
      });
    }
    expect(calls.filter((call) => call === 'withdraw 500')).toHaveLength(1);
  });

  it('a duplicate gets the recorded answer even where the handler would fail by now', async () => {
    const node = await start();
    expect(await keyed(node).ask.withdraw(30)).toBe(70);
    broken = true;
    expect(await keyed(node).ask.withdraw(30)).toBe(70);
    await node.close();
    const later = await start();
    expect(await keyed(later).ask.withdraw(30)).toBe(70);
    expect(calls).toHaveLength(1);
  });

  it('a duplicate of a running message joins it', async () => {
    const node = await start();
    const first = keyed(node).ask.slow();
    await gate.reached();
    const second = keyed(node).ask.slow();
    await settle();
    gate.open();
    expect(await Promise.all([first, second])).toEqual([99, 99]);
    expect(calls).toEqual(['slow', 'effect']);
  });

  it('with other arguments is a conflict, whether the first one runs, is done, or was told', async () => {
    const node = await start();
    await keyed(node).ask.withdraw(30);
    await keyed(node, 'told').tell.withdraw(5);
    await settle();
    for (const key of ['k', 'told']) {
      expect(await failureOf(keyed(node, key).ask.withdraw(31))).toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
      expect(await failureOf(keyed(node, key).tell.withdraw(31))).toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    }
    expect(await node.ref(Account).ask.current()).toBe(65);
  });

  it('with other arguments is a conflict while the first one waits for its time, too', async () => {
    const node = await start();
    await node.ref(Account).with({ idempotencyKey: 'later', delay: '1h' }).tell.withdraw(30);
    expect(await failureOf(keyed(node, 'later').ask.withdraw(31))).toMatchObject({ code: 'PS_IDEMPOTENCY_CONFLICT' });
    expect(await node.ref(Account).ask.current()).toBe(100);
    await env.advance(3_600_000);
    expect(await node.ref(Account).ask.current()).toBe(70);
    expect(await keyed(node, 'later').ask.withdraw(30)).toBe(70);
  });

  it('is scoped by actor and by principal', async () => {
    const node = await start();
    expect(await keyed(node).ask.withdraw(10)).toBe(90);
    expect(await node.ref(Account, 'b').with({ idempotencyKey: 'k' }).ask.withdraw(10)).toBe(90);
    expect(await node.ref(Account).with({ idempotencyKey: 'k', principal: 'ann' }).ask.withdraw(10)).toBe(80);
    expect(await node.ref(Account).with({ idempotencyKey: 'k', principal: 'bob' }).ask.withdraw(10)).toBe(70);
    expect(await node.ref(Account).with({ idempotencyKey: 'k', principal: 'ann' }).ask.withdraw(10)).toBe(80);
  });

  it('is one message, told or asked', async () => {
    const node = await start();
    await keyed(node).tell.withdraw(10);
    await keyed(node).tell.withdraw(10);
    expect(await keyed(node).ask.withdraw(10)).toBe(90);
    await keyed(node).tell.withdraw(10);
    await settle();
    expect(await node.ref(Account).ask.current()).toBe(90);
  });

  it('is remembered for its window, and forgotten after it', async () => {
    const node = await start();
    expect(await keyed(node).ask.withdraw(10)).toBe(90);
    await env.advance(23 * 3_600_000);
    expect(await keyed(node).ask.withdraw(10)).toBe(90);
    await env.advance(2 * 3_600_000);
    expect(await keyed(node).ask.withdraw(10)).toBe(80);
  });

  it.each([
    ['was accepted by a process that died', 0],
    ['waited in the store for its time', 3_600_000],
  ])('is remembered as long when it %s', async (_, delay) => {
    const first = await start();
    broken = true;
    const told = keyed(first).with({ delay }).tell.withdraw(10);
    await (delay === 0 ? settle() : told);
    if (delay === 0) abandoned(told);
    first.crash();
    broken = false;
    const second = await start();
    await env.advance(delay + 60_000);
    await settle();
    expect(await second.ref(Account).ask.current()).toBe(90);
    await env.advance(3_600_000);
    expect(await keyed(second).ask.withdraw(10)).toBe(90);
  });

  it('of an ask between actors is made by the asking turn: the receiver recognises it when the asker runs again', async () => {
    const first = await start();
    abandoned(first.ref(Teller).with({ idempotencyKey: 't' }).ask.serve(10));
    await gate.reached();
    first.crash();
    gate.open();
    const second = await start();
    expect(await second.ref(Teller).with({ idempotencyKey: 't' }).ask.serve(10)).toEqual([90]);
    expect(await second.ref(Account).ask.current()).toBe(90);
    const [serve] = ofKind(await second.ref(Teller).history.entries(), 'MessageReceived');
    const [withdraw] = ofKind(await second.ref(Account).history.entries(), 'MessageReceived');
    expect(withdraw!.messageId).toBe(
      `from/24/default/default/teller/a/${serve!.time}/${serve!.messageId.length}/${serve!.messageId}/0`,
    );
    expect(calls).toEqual(['withdraw 10']);
  });

  it('of an ask whose record was lost with the asker is still answered from the receiver', async () => {
    const first = await start();
    const { onFlush } = first.probe;
    let cutNext = false;
    first.probe.onFlush = async (writes, flush) => {
      const outcomes = await onFlush(writes, flush);
      if (writes.some((write) => write.kind === 'append' && write.actor.includes('/account/'))) cutNext = true;
      if (cutNext) first.probe.cut();
      return outcomes;
    };
    abandoned(first.ref(Teller).with({ idempotencyKey: 't' }).ask.serve(10));
    await settle();
    first.crash();
    gate.open();
    const second = await start();
    expect(await second.ref(Teller).with({ idempotencyKey: 't' }).ask.serve(10)).toEqual([90]);
    expect(await second.ref(Account).ask.current()).toBe(90);
    expect(calls).toEqual(['withdraw 10']);
  });

  it('told again before a refused tell is over goes on in its place: nothing its sender sent since overtakes it', async () => {
    const node = await start();
    const ref = node.ref(Account);
    const told = ref.with({ idempotencyKey: 'told' });
    const slow = ref.ask.slow();
    await gate.reached();
    refuseNext(node, 'accept');
    expect(await failureOf(told.tell.withdraw(10))).toMatchObject({ code: 'PS_STORE_FAILED' });
    await told.tell.withdraw(10);
    const last = ref.ask.withdraw(1);
    gate.open();
    expect(await Promise.all([slow, last])).toEqual([99, 88]);
    expect(calls).toEqual(['slow', 'effect', 'withdraw 10', 'withdraw 1']);
  });

  it('told again while the first tell is on its way to a store that refuses it goes on, too', async () => {
    const node = await start();
    await keyed(node).ask.withdraw(1);
    const told = node.ref(Account).with({ idempotencyKey: 'told' });
    const flushed = new Gate();
    refuseNext(node, 'accept', flushed);
    const first = failureOf(told.tell.withdraw(10));
    await flushed.reached();
    const second = told.tell.withdraw(10);
    const last = node.ref(Account).ask.withdraw(2);
    await settle();
    flushed.open();
    expect(await first).toMatchObject({ code: 'PS_STORE_FAILED' });
    await second;
    expect(await last).toBe(87);
    expect(calls).toEqual(['withdraw 1', 'withdraw 10', 'withdraw 2']);
  });

  it('told again goes on though the activation ends before either row is there', async () => {
    const node = await world.start([Fragile]);
    const ref = node.ref(Fragile);
    await ref.ask.note(0);
    const failing = failureOf(ref.ask.fail());
    await gate.reached();
    const told = ref.with({ idempotencyKey: 'told' });
    const flushed = new Gate();
    refuseNext(node, 'accept', flushed);
    const first = failureOf(told.tell.note(1));
    await flushed.reached();
    const second = told.tell.note(1);
    await settle();
    broken = true;
    gate.open();
    expect(await failing).toMatchObject({ message: 'cannot be made' });
    broken = false;
    const last = ref.ask.note(2);
    await settle();
    flushed.open();
    expect(await first).toMatchObject({ code: 'PS_STORE_FAILED' });
    await second;
    expect(await last).toEqual([0, 1, 2]);
  });

  it('is looked up anew when the look was interrupted: what is done does not run again', async () => {
    const first = await start();
    await keyed(first).ask.withdraw(30);
    first.crash();
    const second = await start();
    const flushed = new Gate();
    const found = new Gate();
    await second.ref(Account).ask.withdraw(1);
    refuseNext(second, 'append', flushed);
    const refused = failureOf(second.ref(Account).ask.withdraw(2));
    await flushed.reached();
    second.probe.onFind = () => found.pass();
    const again = keyed(second).ask.withdraw(30);
    await found.reached();
    flushed.open();
    expect(await refused).toMatchObject({ code: 'PS_STORE_FAILED' });
    await settle();
    found.open();
    expect(await again).toBe(70);
    await settle();
    expect(calls).toEqual(['withdraw 30', 'withdraw 1', 'withdraw 2']);
  });

  it('of an open turn that is older than its window is parked as OutcomeUnknown, not run again', async () => {
    const first = await start();
    abandoned(keyed(first).ask.slow());
    await gate.reached();
    first.crash();
    gate.open();
    await env.advance(25 * 3_600_000);
    const second = await start();
    await settle();
    expect(calls).toEqual(['slow', 'effect']);
    expect(await failureOf(keyed(second).ask.slow())).toMatchObject({
      code: 'PS_MESSAGE_PARKED',
      cause: expect.objectContaining({ code: 'PS_OUTCOME_UNKNOWN' }) as unknown,
    });
    expect(await second.ref(Account).ask.withdraw(1)).toBe(99);
  });
});

/** The next flush with such a write reaches `before`, then fails, and nothing of it is stored. */
function refuseNext({ probe }: Node, kind: 'accept' | 'append', before?: Gate): void {
  const { onFlush } = probe;
  probe.onFlush = async (writes, flush) => {
    if (!writes.some((write) => write.kind === kind)) return onFlush(writes, flush);
    probe.onFlush = onFlush;
    await before?.pass();
    throw new Error('the connection broke');
  };
}
