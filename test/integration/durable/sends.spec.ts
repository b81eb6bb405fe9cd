import { Actor, type ActorContext, Ctx, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, abandoned, failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World } from './world';

let gate: Gate;
let busy: Gate;

@Actor({ type: 'inbox' })
@UseFacets(durability(), virtualActor())
class Inbox {
  @State() got: string[] = [];
  @Handle() take(what: string): number {
    return this.got.push(what);
  }
  @Handle() async work(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.sideEffect('work', () => busy.pass());
  }
  @Handle() async callBack(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.actor(Sender, 'a').ask.ping();
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.got;
  }
}

@Actor({ type: 'sender' })
@UseFacets(durability(), virtualActor())
class Sender {
  @State() sent = 0;

  @Handle() async send(@Ctx() ctx: ActorContext, ...what: string[]): Promise<void> {
    for (const each of what) await ctx.actor(Inbox, 'a').tell.take(each);
    this.sent += what.length;
  }
  @Handle() async sendThenHold(@Ctx() ctx: ActorContext, what: string): Promise<void> {
    await ctx.actor(Inbox, 'a').tell.take(what);
    await ctx.sideEffect('hold', () => gate.pass());
    this.sent++;
  }
  @Handle() async later(@Ctx() ctx: ActorContext, what: string): Promise<void> {
    await ctx.actor(Inbox, 'a').with({ delay: '1h' }).tell.take(what);
  }
  @Handle() async tellThenAsk(@Ctx() ctx: ActorContext): Promise<string> {
    await ctx.actor(Inbox, 'a').tell.take('told');
    const failure = await failureOf(ctx.actor(Inbox, 'a').ask.take('asked'));
    return String(failure.code);
  }
  @Handle() async askThenTell(@Ctx() ctx: ActorContext): Promise<void> {
    await ctx.actor(Inbox, 'a').ask.take('asked');
    await ctx.actor(Inbox, 'a').tell.take('told');
  }
  @Handle() async cycle(@Ctx() ctx: ActorContext): Promise<string> {
    return String((await failureOf(ctx.actor(Inbox, 'a').ask.callBack())).code);
  }
  @Handle() async itself(@Ctx() ctx: ActorContext): Promise<string> {
    return String((await failureOf(ctx.actor(Sender, 'a').ask.ping())).code);
  }
  @Handle() async sleeps(@Ctx() ctx: ActorContext): Promise<number[]> {
    const before = ctx.now();
    await ctx.sleep('1m');
    const between = ctx.now();
    await ctx.sleep('1m');
    this.sent++;
    return [between - before, ctx.now() - between];
  }
  @Handle() ping(): void {
    this.sent++;
  }
}

describe('what a durable turn sends', () => {
  let world: World;
  let env: ManualClock;
  beforeEach(() => {
    env = steadyClock();
    world = new World(env);
    gate = new Gate();
    busy = new Gate();
  });
  afterEach(() => world.end());

  const start = (): Promise<Node> => world.start([Inbox, Sender]);
  const arrived = async (node: Node): Promise<string[]> => {
    await settle();
    return node.ref(Inbox).ask.all();
  };

  it('is lost with a sender that dies before its commit', async () => {
    const first = await start();
    abandoned(first.ref(Sender).ask.sendThenHold('x'));
    await gate.reached();
    await settle();
    first.crash();
    const held = await world.storage.inbox.pending('default/default/inbox/a');
    expect(held).toEqual([]);
    gate.open();
    const second = await start();
    await until(async () => (await arrived(second)).length > 0);
    expect(await arrived(second)).toEqual(['x']); // the open turn resumed, and committed once
  });

  it('arrives exactly once when the sender dies after its commit', async () => {
    const first = await start();
    const { onFlush } = first.probe;
    first.probe.onFlush = async (writes, flush) => {
      const outcomes = await onFlush(writes, flush);
      if (writes.some((write) => write.kind === 'append' && write.sends.length > 0)) first.probe.cut();
      return outcomes;
    };
    abandoned(first.ref(Sender).with({ idempotencyKey: 'k' }).ask.send('x', 'y'));
    await settle();
    first.crash();
    const second = await start();
    expect(await arrived(second)).toEqual(['x', 'y']);
    await second.ref(Sender).with({ idempotencyKey: 'k' }).ask.send('x', 'y');
    second.crash();
    const third = await start();
    expect(await arrived(third)).toEqual(['x', 'y']);
  });

  it('arrives in the order it was sent, turn by turn', async () => {
    const node = await start();
    const ref = node.ref(Sender);
    await Promise.all(Array.from({ length: 20 }, (_, i) => ref.ask.send(`${i}.1`, `${i}.2`)));
    expect(await arrived(node)).toEqual(Array.from({ length: 20 }, (_, i) => [`${i}.1`, `${i}.2`]).flat());
  });

  it('an accepted tell resumes by itself after a restart', async () => {
    const first = await start();
    abandoned(first.ref(Inbox).ask.work());
    await busy.reached();
    await first.ref(Inbox).tell.take('1');
    await first.ref(Inbox).tell.take('2');
    first.crash();
    busy.open();
    const second = await start();
    await until(async () => (await arrived(second)).length === 2);
    expect(await arrived(second)).toEqual(['1', '2']);
  });

  it('a delayed tell runs when its time has come, not before, also after a restart', async () => {
    const first = await start();
    await first.ref(Inbox).with({ delay: '1h' }).tell.take('by a client');
    await first.ref(Sender).ask.later('by an actor');
    await env.advance(1_800_000);
    expect(await arrived(first)).toEqual([]);
    first.crash();
    const second = await start();
    await env.advance(1_799_999);
    expect(await arrived(second)).toEqual([]);
    await env.advance(1);
    expect((await arrived(second)).sort()).toEqual(['by a client', 'by an actor']);
  });

  it('a delayed tell whose handler may start once is started once, not parked unseen', async () => {
    let runs = 0;
    @Actor({ type: 'single' })
    @UseFacets(durability(), virtualActor())
    class Single {
      @Handle({ retry: { maxAttempts: 1 } }) go(): void {
        runs++;
      }
    }
    const node = await world.start([Single]);
    await node.ref(Single).with({ delay: '1h' }).tell.go();
    await env.advance(3_600_000);
    expect(runs).toBe(1);
  });

  it('a delayed tell that falls due while its actor is busy runs right after, not at some later look', async () => {
    const node = await start();
    await node.ref(Inbox).with({ delay: '10s' }).tell.take('due');
    const working = node.ref(Inbox).with({ timeout: '1h' }).ask.work();
    await busy.reached();
    await env.advance(10_000);
    busy.open();
    await working;
    expect(await arrived(node)).toEqual(['due']);
  });

  it('an ask after a tell to the same actor in one turn is refused by name; the other way round is fine', async () => {
    const node = await start();
    expect(await node.ref(Sender).ask.tellThenAsk()).toBe('PS_TURN_ORDER');
    expect(await arrived(node)).toEqual(['told']);
    await node.ref(Sender).ask.askThenTell();
    expect(await arrived(node)).toEqual(['told', 'asked', 'told']);
  });

  it('asks that go in a circle are refused at once', async () => {
    const node = await start();
    expect(await node.ref(Sender).ask.cycle()).toBe('PS_CALL_CYCLE');
    expect(await node.ref(Sender).ask.itself()).toBe('PS_CALL_CYCLE');
  });

  it('a sleep goes on with what is left of it after a restart', async () => {
    const first = await start();
    abandoned(first.ref(Sender).with({ idempotencyKey: 'k' }).ask.sleeps());
    await env.advance(40_000);
    first.crash();
    const second = await start();
    const asked = second.ref(Sender).with({ idempotencyKey: 'k', timeout: '1h' }).ask.sleeps();
    let done = false;
    void asked.then(() => (done = true));
    await env.advance(19_999);
    await env.advance(60_000);
    expect(done).toBe(false);
    await env.advance(1);
    expect(await asked).toEqual([60_000, 60_000]);
  });

  it('a node that stops finishes what runs, and leaves the rest to the next', async () => {
    const first = await start();
    const working = first.ref(Inbox).ask.work();
    await busy.reached();
    await first.ref(Inbox).tell.take('1');
    const closing = first.close();
    await settle();
    busy.open();
    await working;
    await closing;
    const second = await start();
    expect(await arrived(second)).toEqual(['1']);
  });
});
