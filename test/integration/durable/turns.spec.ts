import { HttpException } from '@nestjs/common';
import {
  Actor,
  type ActorContext,
  Ctx,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  TerminalError,
  UseFacets,
  actorContext,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { World, kinds, ofKind } from './world';

@Facet({ name: 'meter', priority: 200, category: 'domain', onReplay: 'run' })
class Meter {
  initialState(): { turns: number } {
    return { turns: 0 };
  }
  onMessage(turn: FacetTurn<unknown, { turns: number }>): void {
    turn.state = { turns: turn.state.turns + 1 };
  }
}

@Actor({ type: 'sink' })
@UseFacets(durability(), virtualActor())
class Sink {
  @State() got: string[] = [];
  @Handle() take(what: string): void {
    this.got.push(what);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.got;
  }
}

const calls: string[] = [];
let gates: Map<string, Gate>;
let failures: number;
let late: { done: Promise<unknown> } | null;

@Actor({ type: 'risky', maxTurnAge: '1m' })
@UseFacets(facet('meter'), durability(), virtualActor())
class Risky {
  @State() value = 0;
  @State() list: number[] = [];
  private scratch = 0;

  @Handle() add(by: number): number {
    this.value += by;
    this.list.push(by);
    return this.value;
  }

  /** Changes everything it can reach, then throws what it is told to. */
  @Handle() async spoil(@Ctx() ctx: ActorContext, how: string): Promise<void> {
    this.value = 999;
    this.list.length = 0;
    this.scratch++;
    await ctx.actor(Sink, 'a').tell.take('spoiled');
    if (how === 'terminal') throw new TerminalError('final', { why: 1 });
    if (how === '404') throw new HttpException('missing', 404);
    if (how === '429') throw new HttpException('later', 429);
    if (how === '500') throw new HttpException('broken', 500);
    throw new Error(how);
  }

  /** A branch that nobody awaits any more goes on writing when the turn has failed. */
  @Handle() async race(): Promise<void> {
    const survivor = async (): Promise<void> => {
      await gateOf('survivor').pass();
      this.value = 777;
      this.list.push(777);
      await this.effect('too late');
    };
    const running = survivor();
    late = { done: running.catch((error: unknown) => error) };
    await Promise.all([running, Promise.reject(new Error('first'))]);
  }

  @Handle({ retry: { maxAttempts: 4, initialDelay: 100, jitter: 'none' } })
  async retried(): Promise<string> {
    const a = await this.effect('a');
    const b = await this.effect('b');
    this.value += 1;
    if (failures-- > 0) throw new Error('not yet');
    return `${a} ${b}`;
  }

  @Handle() async inFlight(): Promise<void> {
    await Promise.all([this.effect('slow'), this.effect('other'), this.throwAfter('other')]);
  }

  @Handle() async hangs(): Promise<void> {
    await Promise.all([this.effect('never'), this.throwAfter('never')]);
  }

  @Handle() async forgets(): Promise<number> {
    void this.effect('slow');
    this.value += 1;
    return this.value;
  }

  @Handle() async waits(@Ctx() ctx: ActorContext): Promise<boolean> {
    await gateOf('waits').pass();
    return ctx.signal.aborted;
  }

  @Handle({ readOnly: true }) current(): { value: number; list: number[]; scratch: number } {
    return { value: this.value, list: this.list, scratch: this.scratch };
  }

  private async throwAfter(name: string): Promise<void> {
    await until(() => calls.includes(name));
    throw new Error('sibling');
  }

  @SideEffect() protected async effect(name: string): Promise<string> {
    calls.push(name);
    await gates.get(name)?.pass();
    return `${name}#${calls.length}`;
  }
}

function gateOf(name: string): Gate {
  let gate = gates.get(name);
  if (gate === undefined) gates.set(name, (gate = new Gate()));
  return gate;
}

describe('a turn that fails', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    calls.length = 0;
    gates = new Map();
    failures = 0;
    late = null;
  });
  afterEach(() => world.end());

  const start = (env?: ManualClock) =>
    world.start([Risky, Sink], { providers: [Meter], ...(env === undefined ? {} : { env }) });

  it.each([
    ['a crash', 'boom', 'boom'],
    ['a terminal error', 'terminal', 'final'],
    ['an HTTP error below 500', '404', 'missing'],
    ['an HTTP error that says later', '429', 'later'],
    ['an HTTP error from 500', '500', 'broken'],
  ])('by %s leaves no trace in state, sends, facet state or instance', async (_, how, message) => {
    const node = await start();
    const ref = node.ref(Risky);
    await ref.ask.add(1);
    const before = (await ref.history.entries()).length;
    expect((await failureOf(ref.ask.spoil(how))).message).toBe(message);
    expect(await ref.ask.current()).toEqual({ value: 1, list: [1], scratch: 0 });
    expect(await ref.ask.add(2)).toBe(3);
    expect(await node.ref(Sink).ask.all()).toEqual([]);
    expect(await ref.history.stateAt({ seq: Infinity })).toMatchObject({
      value: 3,
      list: [1, 2],
      'facet:meter': { turns: 2 },
    });
    const isAnswer = how === 'terminal' || how === '404';
    const left = (await ref.history.entries()).slice(before);
    expect(kinds(left)).toEqual([
      ...(isAnswer ? ['MessageReceived', 'MessageProcessed'] : []),
      'MessageReceived',
      'StateChanged',
      'MessageProcessed',
    ]);
  });

  it('an error that is an answer keeps its class, code and details over the wire and over a restart', async () => {
    const node = await start();
    const keyed = node.ref(Risky).with({ idempotencyKey: 'k' });
    const first = await failureOf(keyed.ask.spoil('terminal'));
    await node.close();
    const later = await start();
    const again = await failureOf(later.ref(Risky).with({ idempotencyKey: 'k' }).ask.spoil('terminal'));
    for (const error of [first, again])
      expect(error).toMatchObject({
        name: 'TerminalError',
        message: 'final',
        code: 'PS_TERMINAL',
        details: { why: 1 },
      });
  });

  it('a surviving Promise.all branch writes to an instance that is gone, and may do nothing any more', async () => {
    const node = await start();
    const ref = node.ref(Risky);
    await ref.ask.add(1);
    expect((await failureOf(ref.ask.race())).message).toBe('first');
    gateOf('survivor').open();
    expect(await late!.done).toMatchObject({ code: 'PS_TURN_ENDED' });
    expect(await ref.ask.current()).toMatchObject({ value: 1, list: [1] });
    expect(await ref.ask.add(1)).toBe(2);
    expect(calls).toEqual([]);
  });

  it('[JR22] recorded effects never run again on a retry', async () => {
    const env = steadyClock();
    const node = await start(env);
    failures = 3;
    const asked = node.ref(Risky).ask.retried();
    await env.advance(100 + 200 + 400);
    expect(await asked).toBe('a#1 b#2');
    expect(calls).toEqual(['a', 'b']);
    expect(await node.ref(Risky).ask.current()).toMatchObject({ value: 1 });
    expect(ofKind(await node.ref(Risky).history.entries(), 'SideEffectExecuted')).toHaveLength(2);
  });

  it('effects in flight at a throw settle and are recorded: the next attempt has their results', async () => {
    const env = steadyClock();
    const node = await start(env);
    const slow = gateOf('slow');
    const asked = node.ref(Risky).with({ idempotencyKey: 'k' }).ask.inFlight();
    const failure = failureOf(asked);
    await slow.reached();
    await settle();
    slow.open();
    for (let attempt = 1; attempt < 5; attempt++) await env.advance(10_000);
    expect(await failure).toMatchObject({ code: 'PS_MESSAGE_PARKED', attempts: 5 });
    expect([...calls].sort()).toEqual(['other', 'slow']);
    const entries = await node.ref(Risky).history.entries();
    expect(
      ofKind(entries, 'SideEffectExecuted')
        .map(({ ordinal }) => ordinal)
        .sort(),
    ).toEqual([0, 1]);
    expect(kinds(entries).at(-1)).toBe('MessageParked');
  });

  it('an effect that never settles does not hold the line for longer than maxTurnAge', async () => {
    const env = steadyClock();
    const node = await start(env);
    gateOf('never');
    const failure = failureOf(node.ref(Risky).with({ timeout: '1h' }).ask.hangs());
    await gateOf('never').reached();
    const next = node.ref(Risky).with({ timeout: '1h' }).ask.add(1);
    for (let i = 0; i < 6; i++) await env.advance(70_000);
    expect(await failure).toMatchObject({ code: 'PS_MESSAGE_PARKED', attempts: 5 });
    expect(await next).toBe(1);
  });

  it('an effect nobody awaited is waited for, recorded, and holds the answer back', async () => {
    const node = await start();
    const slow = gateOf('slow');
    let answer: number | null = null;
    const asked = node
      .ref(Risky)
      .ask.forgets()
      .then((value) => (answer = value));
    await slow.reached();
    await settle();
    expect(answer).toBeNull();
    slow.open();
    expect(await asked).toBe(1);
    expect(ofKind(await node.ref(Risky).history.entries(), 'SideEffectExecuted')).toHaveLength(1);
    expect(await node.ref(Risky).history.verify()).toMatchObject({ ok: true });
  });

  it('a turn that holds the line for longer than maxTurnAge is ended by name, its signal aborted, and the line moves on', async () => {
    const env = steadyClock();
    const node = await start(env);
    const failure = failureOf(node.ref(Risky).with({ timeout: '1h' }).ask.waits());
    await gateOf('waits').reached();
    const next = node.ref(Risky).with({ timeout: '1h' }).ask.add(3);
    await env.advance(59_999);
    expect(await Promise.race([next, settle().then(() => 'waiting')])).toBe('waiting');
    await env.advance(1);
    expect(await failure).toMatchObject({ code: 'PS_TURN_TIMEOUT' });
    expect(await next).toBe(3);
    gateOf('waits').open();
    await settle();
    expect(await node.ref(Risky).ask.current()).toMatchObject({ value: 3 });
  });

  it('an ask without records is tried once, and its id may be tried again', async () => {
    const node = await start();
    let broken = true;
    @Actor({ type: 'once' })
    @UseFacets(durability(), virtualActor())
    class Once {
      @State() runs = 0;
      @Handle() go(): number {
        this.runs++;
        calls.push('go');
        if (broken) throw new Error('broken');
        return this.runs;
      }
    }
    await node.close();
    const second = await world.start([Once]);
    const ref = second.ref(Once).with({ idempotencyKey: 'k' });
    expect((await failureOf(ref.ask.go())).message).toBe('broken');
    expect(calls).toEqual(['go']);
    broken = false;
    expect(await ref.ask.go()).toBe(1);
    expect(await ref.ask.go()).toBe(1);
    expect(calls).toEqual(['go', 'go']);
  });

  it('what an actor may touch is gone with its turn: a context kept for later refuses', async () => {
    const kept: ActorContext[] = [];
    @Actor({ type: 'keeper' })
    @UseFacets(durability(), virtualActor())
    class Keeper {
      @Handle() keep(): void {
        kept.push(actorContext());
      }
    }
    const node = await world.start([Keeper, Sink]);
    await node.ref(Keeper).ask.keep();
    expect(await failureOf(kept[0]!.sideEffect('late', () => 1))).toMatchObject({ code: 'PS_TURN_ENDED' });
    expect(await failureOf(kept[0]!.actor(Sink, 'a').tell.take('late'))).toMatchObject({ code: 'PS_TURN_ENDED' });
    expect(await failureOf(kept[0]!.sleep(1))).toMatchObject({ code: 'PS_TURN_ENDED' });
    expect(() => kept[0]!.checkpoint()).toThrow(expect.objectContaining({ code: 'PS_TURN_ENDED' }));
  });
});
