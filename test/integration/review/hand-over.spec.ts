import { AsyncLocalStorage } from 'node:async_hooks';
import { Actor, Handle, SideEffect, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { steadyClock } from '../durable/steady-clock';
import { World } from '../durable/world';

// P9: results reach the handler in recorded order, with microtasks drained between, live as on replay.

const calls: string[] = [];
let crashes = 0;
let yields = 0;
let stuck = false;
const context = new AsyncLocalStorage<string>();

@Actor({ type: 'branching' })
@UseFacets(durability(), virtualActor())
class Branching {
  @State() log: string[] = [];

  /** Two branches; one calls nothing before it has waited for some microtasks. */
  @Handle() async branches(): Promise<string> {
    const left = (async () => `${await this.effect('a')} ${await this.effect('b')}`)();
    const right = (async () => {
      for (let i = 0; i < yields; i++) await Promise.resolve();
      return this.effect('c');
    })();
    const answer = (await Promise.all([left, right])).join(' ');
    if (crashes-- > 0) throw new Error('again');
    return answer;
  }

  /** The same behind one effect, so that a second start finds its record and nothing on its way. */
  @Handle() async later(): Promise<string> {
    await this.effect('first');
    if (crashes-- > 1) throw new Error('again');
    const left = (async () => `${await this.effect('a')} ${await this.effect('b')}`)();
    const right = (async () => {
      for (let i = 0; i < yields; i++) await Promise.resolve();
      return this.effect('c');
    })();
    const answer = (await Promise.all([left, right])).join(' ');
    if (crashes >= 0) throw new Error('again');
    return answer;
  }

  @Handle() inContext(name: string): Promise<string | undefined> {
    return context.run(name, () => this.where());
  }

  @SideEffect() protected effect(name: string): Promise<string> {
    calls.push(name);
    return stuck ? new Promise(() => undefined) : Promise.resolve(name);
  }
  @SideEffect() protected where(): Promise<string | undefined> {
    return Promise.resolve(context.getStore());
  }
}

describe('the order in which a handler learns of its effects', () => {
  const env = steadyClock();
  let world: World;
  beforeEach(() => {
    world = new World(env);
    calls.length = 0;
  });
  afterEach(() => world.end());

  it.each([0, 1, 2, 3, 5, 8, 20])('is on replay what it was live, %d microtasks in a branch', async (count) => {
    yields = count;
    crashes = 1;
    const node = await world.start([Branching]);
    const answer = node
      .ref(Branching)
      .ask.branches()
      .then(String, (error: Error) => error.message);
    await env.advance(60_000);
    await expect(answer).resolves.toBe('a b c');
    expect([...calls].sort()).toEqual(['a', 'b', 'c']);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 20])(
    'also where nothing but the message was recorded, %d microtasks',
    async (count) => {
      yields = count;
      crashes = 1;
      const first = await world.start([Branching], { env });
      stuck = true;
      first
        .ref(Branching)
        .ask.branches()
        .catch(() => undefined);
      while (calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
      first.crash();
      stuck = false;
      calls.length = 0;
      const node = await world.start([Branching]);
      await env.advance(60_000);
      expect([...calls].sort()).toEqual(['a', 'b', 'c']);
      const [parked] = await world.storage.inbox.parked('default/default/branching/a');
      expect(parked).toBeUndefined();
      expect(node.log.errors).toEqual([]);
    },
  );

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 20])('also of effects that start at once, %d microtasks', async (count) => {
    yields = count;
    crashes = 2;
    const node = await world.start([Branching]);
    const answer = node
      .ref(Branching)
      .ask.later()
      .then(String, (error: Error) => error.message);
    await env.advance(60_000);
    await expect(answer).resolves.toBe('a b c');
    expect([...calls].sort()).toEqual(['a', 'b', 'c', 'first']);
  });
});

describe('async context of the application', () => {
  it('is in an effect what it is in its handler', async () => {
    const world = new World();
    const node = await world.start([Branching]);
    const others = ['x', 'y', 'z'];
    const seen = await Promise.all(others.map((key) => node.ref(Branching, key).ask.inContext(key)));
    expect(seen).toEqual(others);
    await world.end();
  });
});
