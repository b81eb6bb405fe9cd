import {
  type ActorId,
  type ActorRef,
  Handle,
  MemoryStorage,
  State,
  UseFacets,
  Actor,
  durability,
  virtualActor,
} from 'plexspaces';
import { ManualClock } from 'plexspaces/testing';
import { type App, closeApps, startApp } from '../support/app';
import { Gate } from './durable/gate';

let left: string[] = [];
let gate = new Gate();
let leaving = new Gate();
let env = new ManualClock();

beforeEach(() => {
  left = [];
  gate = new Gate();
  leaving = new Gate();
  env = new ManualClock();
});
afterEach(closeApps);

class Session {
  @State() visits = 0;
  async onDeactivate(self: ActorId): Promise<void> {
    left.push(self.key);
    if (self.key === 'slow') await leaving.pass();
  }
  @Handle() visit(): number {
    return ++this.visits;
  }
  @Handle() async stay(): Promise<number> {
    await gate.pass();
    return ++this.visits;
  }
}

@Actor({ type: 'plain-session', maxTurnAge: '1m' })
@UseFacets(virtualActor({ maxActive: 3 }))
class Plain extends Session {}

@Actor({ type: 'durable-session', maxTurnAge: '1m' })
@UseFacets(durability(), virtualActor({ maxActive: 3 }))
class Durable extends Session {}

@Actor({ type: 'quick' })
@UseFacets(virtualActor({ idleTimeout: '1m' }))
class Quick extends Session {}

@Actor({ type: 'slow' })
@UseFacets(virtualActor({ idleTimeout: '1h' }))
class Slow extends Session {}

@Actor({ type: 'regular' })
class Regular extends Session {}

const gone = async (): Promise<void> => {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe.each([Plain, Durable])('virtualActor({ maxActive }) on %p', (cls) => {
  const start = (): Promise<App> => startApp({ actors: [cls], env, storage: new MemoryStorage() });

  it('lets the one leave that has rested longest, and keeps its state', async () => {
    const app = await start();
    const visit = async (key: string): Promise<number> => app.client(cls).ref(key).ask.visit();
    for (const key of ['a', 'b', 'c', 'a']) await visit(key);
    expect(left).toEqual([]);
    await visit('d');
    await gone();
    expect(left).toEqual(['b']);
    expect(app.events.filter(({ reason }) => reason === 'limit')).toMatchObject([
      { actor: { key: 'b' }, to: 'Inactive' },
    ]);
    expect(app.system.actors()).toMatchObject({ active: 3 });
    expect(await visit('b')).toBe(2);
    await gone();
    expect(left).toEqual(['b', 'c']);
  });

  it('one whose onDeactivate does not end has left after maxTurnAge: it takes messages again, and others leave', async () => {
    const app = await start();
    const of = (key: string): ActorRef<Session> => app.client(cls).ref(key);
    for (const key of ['slow', 'b', 'c', 'd']) await of(key).ask.visit();
    await gone();
    expect(left).toEqual(['slow']);
    const again = of('slow').with({ timeout: '10m' }).ask.visit();
    await env.advance('1m');
    expect(await env.runUntil(again)).toBe(2);
    expect(app.complaints.join()).toContain('onDeactivate of default/default/');
    await of('e').ask.visit();
    await gone();
    leaving.open();
    expect(left).toEqual(['slow', 'b', 'c']);
    expect(app.system.actors()).toMatchObject({ active: 3 });
  });

  it('never lets one leave that is busy; the limit is kept again when they rest', async () => {
    const app = await start();
    const staying = ['a', 'b', 'c', 'd', 'e'].map((key) => app.client(cls).ref(key).ask.stay());
    await gate.reached(5);
    expect(left).toEqual([]);
    expect(app.system.actors().active).toBe(5);
    gate.open();
    await Promise.all(staying);
    await gone();
    expect(app.system.actors().active).toBe(3);
    expect(left).toEqual(['a', 'b']);
  });

  it('a message to one that is just leaving is not lost', async () => {
    const app = await start();
    const visit = async (key: string): Promise<number> => app.client(cls).ref(key).ask.visit();
    for (const key of ['slow', 'b', 'c', 'd']) await visit(key);
    await leaving.reached(1);
    const answer = visit('slow');
    leaving.open();
    expect(await answer).toBe(2);
    for (const key of ['e', 'f', 'g', 'h']) await visit(key);
    await gone();
    expect(app.system.actors().active).toBe(3);
    expect(await visit('slow')).toBe(3);
  });

  it('does not count those that left because they were idle', async () => {
    const app = await start();
    const visit = async (key: string): Promise<number> => app.client(cls).ref(key).ask.visit();
    for (const key of ['a', 'b', 'c']) await visit(key);
    await env.advance('5m');
    await gone();
    expect(app.system.actors().active).toBe(0);
    left = [];
    for (const key of ['d', 'e', 'f']) await visit(key);
    await gone();
    expect(left).toEqual([]);
  });
});

describe('forRoot({ maxActiveActors })', () => {
  it('counts virtual actors of all classes, whatever their idle times; others stay', async () => {
    const app = await startApp({ actors: [Quick, Slow, Regular], env, maxActiveActors: 2 });
    const regular = await app.client(Regular).spawn('r');
    await regular.ask.visit();
    await app.client(Slow).ref('s1').ask.visit();
    await env.advance(10);
    await app.client(Quick).ref('q1').ask.visit();
    await env.advance(10);
    await app.client(Slow).ref('s2').ask.visit();
    await gone();
    expect(left).toEqual(['s1']);
    await app.client(Quick).ref('q2').ask.visit();
    await gone();
    expect(left).toEqual(['s1', 'q1']);
    expect(app.system.actors()).toEqual({
      active: 3,
      passive: 2,
      byType: { quick: { Active: 1, Inactive: 1 }, slow: { Active: 1, Inactive: 1 }, regular: { Active: 1 } },
    });
  });

  // A million keys, with heap and resident set measured: bench/cases/many-keys.ts. Here, that the bound holds.
  it('[PF08] keeps a bounded number in memory of very many, each of which answers again', async () => {
    @Actor({ type: 'many' })
    @UseFacets(durability(), virtualActor())
    class Many extends Session {}
    const app = await startApp({ actors: [Many], env, storage: new MemoryStorage(), maxActiveActors: 50 });
    for (let round = 1; round <= 2; round++)
      for (let i = 0; i < 5_000; i++) {
        expect(await app.client(Many).ref(`k${i}`).ask.visit()).toBe(round);
        expect(app.system.actors().active).toBeLessThanOrEqual(60);
      }
    await gone();
    expect(app.system.actors()).toMatchObject({ active: 50, passive: 0 });
  });
});

describe('UserSession', () => {
  it('[EX16] user-123 with a virtual actor facet of 300 s', async () => {
    @Actor({ type: 'UserSession' })
    @UseFacets(virtualActor({ idleTimeout: '300s' }))
    class UserSession extends Session {}
    const app = await startApp({ actors: [UserSession], env });
    const session = app.client(UserSession).ref('user-123');
    expect(await session.ask.visit()).toBe(1);
    await env.advance(299_999);
    expect((await session.info()).state).toBe('Active');
    await env.advance(1);
    expect(await session.info()).toMatchObject({ state: 'Inactive', activationCount: 1 });
    expect(await session.ask.visit()).toBe(2);
  });
});
