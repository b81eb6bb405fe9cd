import {
  Actor,
  type ActorContext,
  type ActorRef,
  Ctx,
  DeadLetters,
  Handle,
  State,
  TerminalError,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { ReminderFacet, reminder, reminders } from 'plexspaces/facets/reminder';
import type { ManualClock } from 'plexspaces/testing';
import { Gate, settle } from '../durable/gate';
import { steadyClock } from '../durable/steady-clock';
import { type Node, World } from '../durable/world';

// A run that fails for good is answered at once, and its plan goes on in a turn behind it: what comes between the two.

let env: ManualClock;
let gate: Gate;
let slow: Gate;

class Reporter {
  @State() made: string[] = [];
  @Handle() register(@Ctx() ctx: ActorContext, every: string, note: string): string {
    return reminders<Reporter>(ctx).register('r', every, 'generate', note);
  }
  @Handle() cancel(@Ctx() ctx: ActorContext): boolean {
    return reminders<Reporter>(ctx).cancel('r');
  }
  @Handle() async cancelSlowly(@Ctx() ctx: ActorContext): Promise<void> {
    await slow.pass();
    reminders<Reporter>(ctx).cancel('r');
  }
  @Handle() pause(@Ctx() ctx: ActorContext): boolean {
    return reminders<Reporter>(ctx).pause('r');
  }
  @Handle() async generate(@Ctx() _ctx: ActorContext, note: string): Promise<void> {
    await gate.pass();
    if (note === 'bad') throw new TerminalError('no paper');
    this.made.push(note);
  }
  @Handle({ readOnly: true }) all(): string[] {
    return this.made;
  }
  @Handle({ readOnly: true }) list(@Ctx() ctx: ActorContext) {
    return reminders<Reporter>(ctx).list();
  }
}

@Actor({ type: 'virtual' })
@UseFacets(durability(), virtualActor({ idleTimeout: '2h' }), reminder())
class Virtual extends Reporter {}

@Actor({ type: 'mortal' })
@UseFacets(durability(), reminder())
class Mortal extends Reporter {}

let world: World;
let node: Node;
const report = () => node.ref(Virtual);

beforeEach(async () => {
  env = steadyClock();
  gate = new Gate();
  slow = new Gate();
  world = new World(env);
  node = await world.start([Virtual, Mortal], { providers: [ReminderFacet] });
});
afterEach(async () => {
  const ending = world.end();
  await settle();
  await env.advance('1m');
  await ending;
});

/** `change` waits behind the run that fails, and comes before the turn that plans the next one. */
async function changedBehind<T>(ref: ActorRef<Reporter>, change: () => Promise<T>): Promise<T> {
  await ref.ask.register('1h', 'bad');
  await env.advance('1h');
  await gate.reached();
  const changed = change();
  await settle();
  gate.open();
  await settle();
  return changed;
}

describe('a reminder whose run has just failed for good', () => {
  it('can be cancelled, also by a tell', async () => {
    await changedBehind(report(), () => report().tell.cancel());
    expect(await report().ask.list()).toEqual([]);
    expect(await world.storage.inbox.pending(report().actorId)).toEqual([]);
    expect(await report().history.verify()).toMatchObject({ divergences: [] });
  });

  it('can be cancelled after a crash so long that the run is forgotten', async () => {
    await changedBehind(report(), () => report().tell.cancelSlowly());
    await slow.reached();
    node.crash();
    await env.advance('1h');
    await world.storage.inbox.sweep(env.now(), 1_000);
    slow.open();
    node = await world.start([Virtual, Mortal], { providers: [ReminderFacet] });
    await env.advance('10s');
    await settle();
    expect(await report().ask.list()).toEqual([]);
    expect(await world.storage.inbox.pending(report().actorId)).toEqual([]);
    expect((await node.module.get(DeadLetters).list()).letters).toEqual([]);
  });

  it('can be paused, and the run counts', async () => {
    expect(await changedBehind(report(), () => report().ask.pause())).toBe(true);
    expect(await report().ask.list()).toMatchObject([{ nextAt: null, runs: 1 }]);
    expect(await world.storage.inbox.pending(report().actorId)).toEqual([]);
  });

  it('can be replaced', async () => {
    expect(await changedBehind(report(), () => report().ask.register('2h', 'good'))).toBe('replaced');
    await env.advance('2h');
    await settle();
    expect(await report().ask.all()).toEqual(['good']);
  });

  it('does not keep its actor from being stopped', async () => {
    const mortal = await node.client(Mortal).spawn('m');
    await changedBehind(mortal, () => mortal.stop());
    expect(await mortal.info()).toMatchObject({ state: 'Terminated' });
    await env.advance('1h');
    await settle();
    expect(await world.storage.inbox.pending(mortal.actorId)).toEqual([]);
    expect((await node.module.get(DeadLetters).list()).letters).toEqual([]);
  });
});
