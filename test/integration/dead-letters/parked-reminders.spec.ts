import {
  Actor,
  type ActorContext,
  Ctx,
  DeadLetters,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { type Recurrence, ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import { TimerFacet, timer, timers } from 'plexspaces/facets/timer';
import type { ManualClock } from 'plexspaces/testing';
import { settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World, ofKind } from '../durable/world';

// Runs of reminders that were parked, and what operators and actors do about them.

let env: ManualClock;
let isBroken: boolean;
let effects: string[];

class Reporter {
  /** Numbers of the runs that were handled. */
  @State() made: number[] = [];
  @Handle() register(@Ctx() ctx: ActorContext, recurrence: Recurrence, note = 'daily'): string {
    return reminders<Reporter>(ctx).register('r', recurrence, 'generate', note);
  }
  @Handle() cancel(@Ctx() ctx: ActorContext): boolean {
    return reminders<Reporter>(ctx).cancel('r');
  }
  @Handle() pause(@Ctx() ctx: ActorContext): boolean {
    return reminders<Reporter>(ctx).pause('r');
  }
  @Handle() resume(@Ctx() ctx: ActorContext): boolean {
    return reminders<Reporter>(ctx).resume('r');
  }
  @Handle() once(@Ctx() ctx: ActorContext): void {
    timers<Reporter>(ctx).scheduleOnce('t', '1h', 'generate', 'timer');
  }
  @Handle() async generate(@Ctx() ctx: ActorContext, note: string): Promise<void> {
    await this.print(note);
    if (isBroken) throw new Error('no paper');
    this.made.push(Number(ctx.messageId.split('/').at(-1)));
  }
  @Handle({ readOnly: true }) all(): number[] {
    return this.made;
  }
  @Handle({ readOnly: true }) list(@Ctx() ctx: ActorContext) {
    return reminders<Reporter>(ctx).list();
  }
  @SideEffect() protected async print(note: string): Promise<void> {
    effects.push(note);
  }
}

@Actor({ type: 'passing' })
@UseFacets(durability(), virtualActor({ idleTimeout: '2h' }), reminder(), timer())
class Passing extends Reporter {}

@Actor({ type: 'held', onPoison: 'hold' })
@UseFacets(durability(), virtualActor(), reminder())
class Held extends Reporter {}

@Actor({ type: 'mortal' })
@UseFacets(durability(), reminder())
class Mortal extends Reporter {}

let world: World;
let node: Node;
let start: number;

const report = () => node.ref(Passing);
const letters = (): DeadLetters => node.module.get(DeadLetters);
const hour = (n: number): Date => new Date(start + n * 3_600_000);

/** Its run is due, and given up. */
async function park(): Promise<void> {
  isBroken = true;
  await env.advance('1h');
  await env.advance('2s');
  isBroken = false;
}

async function retry(): Promise<void> {
  const [letter] = (await letters().list()).letters;
  await letters().retry(letter as NonNullable<typeof letter>);
  await env.advance(0);
  await settle();
}

beforeEach(async () => {
  env = steadyClock();
  start = env.now();
  world = new World(env);
  isBroken = false;
  effects = [];
  node = await world.start([Passing, Held, Mortal], { providers: [ReminderFacet, TimerFacet] });
});
afterEach(async () => {
  const ending = world.end();
  await settle();
  await env.advance('1m');
  await ending;
});

describe('a parked run of a reminder that an operator takes up again', () => {
  it('runs once, on its record, counts no second time and moves no later run', async () => {
    await report().ask.register('1h');
    await park();
    expect(await report().ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    expect(effects).toEqual(['daily']);
    expect(await report().ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
    await env.advance('1h');
    expect(await report().ask.all()).toEqual([1, 2]);
    expect(await report().ask.list()).toMatchObject([{ runs: 2, nextAt: hour(3) }]);
    expect((await letters().list()).letters).toEqual([]);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it('does not end a reminder of so many runs early', async () => {
    await report().ask.register({ every: '1h', maxOccurrences: 2 });
    await park();
    await retry();
    await env.advance('5h');
    expect(await report().ask.all()).toEqual([1, 2]);
    expect(await report().ask.list()).toEqual([]);
  });

  it('runs though its reminder was to run once, and is over', async () => {
    await report().ask.register({ after: '1h' });
    await park();
    expect(await report().ask.list()).toEqual([]);
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    expect(await report().ask.list()).toEqual([]);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it.each<[string, () => Promise<unknown>, object[]]>([
    ['cancelled', () => report().ask.cancel(), []],
    ['replaced', () => report().ask.register('2h'), [{ runs: 0 }]],
    ['paused', () => report().ask.pause(), [{ runs: 1, nextAt: null }]],
  ])('runs though its reminder was %s meanwhile, which stays so', async (_, change, left) => {
    await report().ask.register('1h');
    await park();
    await change();
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    expect(await report().ask.list()).toMatchObject(left);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it('is parked again when it fails again, and may be taken up again', async () => {
    await report().ask.register('1h');
    await park();
    isBroken = true;
    await retry();
    await env.advance('2s');
    expect(await report().ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
    isBroken = false;
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    expect(await report().ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
  });

  it('runs also when it is the one tick of a timer', async () => {
    await report().ask.once();
    await park();
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it.each([
    ['when it held the line', '1h', 0],
    ['when it is too late for runs that are made up for', { every: '1h', missed: 'skip', grace: '1s' }, 1_800_000],
  ] as const)('counts once %s, and its reminder goes on', async (_, recurrence, lateMs) => {
    await node.ref(Held).ask.register(recurrence);
    await park();
    await env.advance(lateMs);
    await retry();
    expect(await node.ref(Held).ask.all()).toEqual([1]);
    expect(await node.ref(Held).ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
    await env.advance('1h');
    expect(await node.ref(Held).ask.all()).toEqual([1, 2]);
    expect(await node.ref(Held).history.verify()).toMatchObject({ divergences: [] });
  });

  it('is not handled when it is discarded; its reminder goes on', async () => {
    await node.ref(Held).ask.register('1h');
    await park();
    const [letter] = (await letters().list()).letters;
    await letters().discard(letter as NonNullable<typeof letter>);
    await settle();
    expect(await node.ref(Held).ask.list()).toMatchObject([{ runs: 1, nextAt: hour(2) }]);
    await env.advance('1h');
    expect(await node.ref(Held).ask.all()).toEqual([2]);
  });
});

describe('a reminder whose run was just parked', () => {
  /** `change` waits behind the failing run, and comes before the turn that plans the next one. */
  async function changedBehind<T>(change: () => Promise<T>): Promise<T> {
    isBroken = true;
    await env.advance('1h');
    const changed = change();
    await env.advance('2s');
    isBroken = false;
    return changed;
  }

  it('can be cancelled; the parked run stays the operator’s', async () => {
    await report().ask.register('1h');
    expect(await changedBehind(() => report().ask.cancel())).toBe(true);
    expect(await report().ask.list()).toEqual([]);
    expect(await world.storage.inbox.pending(report().actorId)).toEqual([]);
    expect((await letters().list()).letters).toHaveLength(1);
    await retry();
    expect(await report().ask.all()).toEqual([1]);
    await env.advance('3h');
    expect(await report().ask.all()).toEqual([1]);
  });

  it('can be paused and resumed: the parked run counts, and the next one comes', async () => {
    await report().ask.register('1h');
    expect(await changedBehind(() => report().ask.pause())).toBe(true);
    expect(await report().ask.list()).toMatchObject([{ runs: 1, nextAt: null }]);
    expect(await report().ask.resume()).toBe(true);
    await env.advance('1h');
    expect(await report().ask.all()).toEqual([2]);
    expect(await report().ask.list()).toMatchObject([{ runs: 2 }]);
  });

  it('can be replaced', async () => {
    await report().ask.register('1h');
    expect(await changedBehind(() => report().ask.register('2h'))).toBe('replaced');
    await env.advance('2h');
    expect(await report().ask.all()).toEqual([1]);
    expect(await report().ask.list()).toMatchObject([{ runs: 1 }]);
  });

  it('does not keep its actor from being stopped', async () => {
    const mortal = await node.client(Mortal).spawn('m');
    await mortal.ask.register('1h');
    await changedBehind(() => mortal.stop());
    await env.advance('1h');
    expect(ofKind(await mortal.history.entries(), 'MessageProcessed').at(-1)).toMatchObject({ error: null });
    expect((await letters().list()).letters.map(({ method }) => method)).toContain('generate');
  });
});
