import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { type LeaseStorage, StoreFailedError } from 'plexspaces/spi';
import { closeApps } from '../../support/app';
import { failureOf, until } from '../durable/gate';
import { Cluster, TTL_MS } from './cluster';

const ran: string[] = [];

@Actor({ type: 'owned_counter' })
@UseFacets(durability(), virtualActor())
class OwnedCounter {
  @State() value = 0;
  @Handle() add(by: number): number {
    ran.push('add');
    return (this.value += by);
  }
  @Handle({ readOnly: true }) current(): number {
    return this.value;
  }
}

@Actor({ type: 'owned_plain' })
@UseFacets(virtualActor())
class OwnedPlain {
  @Handle() hello(): string {
    return 'hello';
  }
}

@Actor({ type: 'owned_eager' })
@UseFacets(durability(), virtualActor({ activationStrategy: 'eager' }))
class OwnedEager {
  static activated = 0;
  @State() value = 0;
  @Handle() touch(): void {
    this.value++;
  }
  onActivate(): void {
    OwnedEager.activated++;
  }
}

describe('a second node on a store that has an owner', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster([OwnedCounter, OwnedPlain, OwnedEager]);
    ran.length = 0;
    OwnedEager.activated = 0;
  });
  afterEach(() => cluster.clock.runUntil(closeApps()));

  it('stands by: it refuses whoever asks, says who owns the store and how long, and stores nothing', async () => {
    const first = await cluster.start('one');
    const second = await cluster.start('two');
    expect([first.system.ownership, second.system.ownership]).toEqual(['owner', 'standBy']);
    const ref = second.client(OwnedCounter).ref('a');
    const calls = [
      () => ref.ask.add(1),
      () => ref.ask.current(),
      () => ref.with({ stale: true }).ask.current(),
      () => ref.tell.add(1),
      () => ref.stop(),
      () => ref.activate(),
      () => second.client(OwnedPlain).ref('p').ask.hello(),
      () => second.client(OwnedPlain).ref('p').tell.hello(),
    ];
    for (const call of calls) {
      const error = await failureOf(call());
      expect(error).toMatchObject({ code: 'PS_NOT_OWNER', retryable: true, node: 'two' });
      expect(error).toMatchObject({ owner: expect.stringMatching(/^one\//) as string });
      const { retryAfter } = error as unknown as { retryAfter: number };
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(TTL_MS);
    }
    expect(await cluster.memory.journal.actors('', '', 10)).toEqual([]);
    expect(await cluster.memory.inbox.due(Infinity, 10)).toEqual([]);
    expect(await first.client(OwnedCounter).ref('a').ask.add(1)).toBe(1);
  });

  it('takes up no accepted work, and activates nobody, as long as the owner lives', async () => {
    const first = await cluster.start('one');
    await first.client(OwnedEager).ref('e').ask.touch();
    await first
      .client(OwnedCounter)
      .ref('a')
      .with({ delay: TTL_MS * 3 })
      .tell.add(1);
    const second = await cluster.start('two');
    const activated = OwnedEager.activated;
    await cluster.clock.advance(TTL_MS * 2);
    expect(second.system.ownership).toBe('standBy');
    expect(OwnedEager.activated).toBe(activated);
    await cluster.clock.advance(TTL_MS * 2);
    expect(ran).toEqual(['add']);
    expect(await first.client(OwnedCounter).ref('a').ask.current()).toBe(1);
  });

  it('takes over when the lease of a dead owner ends: accepted work resumes, eager actors are there', async () => {
    const dead = await cluster.start('one', { leases: claimsOnce(cluster) });
    await dead.client(OwnedEager).ref('e').ask.touch();
    const second = await cluster.start('two');
    await dead
      .client(OwnedCounter)
      .ref('a')
      .with({ delay: TTL_MS * 0.95 })
      .tell.add(5); // when its right has ended already
    const activated = OwnedEager.activated;
    await cluster.clock.advance(TTL_MS + TTL_MS / 5);
    expect(second.system.ownership).toBe('owner');
    expect(cluster.ownerIs).toBe('two');
    expect(OwnedEager.activated).toBeGreaterThan(activated);
    await until(() => ran.length > 0);
    expect(await second.client(OwnedCounter).ref('a').ask.current()).toBe(5);
    expect(second.changes.map(({ state }) => state)).toEqual(['owner']);
  });

  it('takes up its work later where the store fails it just as it takes over', async () => {
    const dead = await cluster.start('one', { leases: claimsOnce(cluster) });
    await dead.client(OwnedEager).ref('e').ask.touch();
    let calls = 0;
    const failing = [1, 2]; // what the term needs to begin is read first
    const second = await cluster.start('two', {
      change: ({ journal, ...rest }) => {
        const actors = (...args: Parameters<typeof journal.actors>): ReturnType<typeof journal.actors> =>
          failing.includes(calls++)
            ? Promise.reject(new StoreFailedError('memory', 'it starts'))
            : journal.actors(...args);
        return { ...rest, journal: Object.create(journal, { actors: { value: actors } }) as typeof journal };
      },
    });
    const activated = OwnedEager.activated;
    await cluster.clock.advance(TTL_MS * 3);
    expect([second.system.ownership, calls]).toEqual(['owner', 4]);
    expect(OwnedEager.activated).toBeGreaterThan(activated);
    expect(second.changes.map(({ state }) => state)).toEqual(['owner']);
  });

  it('takes over at once when the owner ends in order', async () => {
    const first = await cluster.start('one');
    const second = await cluster.start('two');
    await first.client(OwnedCounter).ref('a').ask.add(1);
    await cluster.stop(first);
    expect(cluster.ownerIs).not.toBe('one');
    await cluster.clock.advance(TTL_MS / 10);
    expect(second.system.ownership).toBe('owner');
    expect(await second.client(OwnedCounter).ref('a').ask.add(1)).toBe(2);
  });

  it('is passed over by none of three: one of those who wait takes over', async () => {
    const nodes = [await cluster.start('one'), await cluster.start('two'), await cluster.start('three')];
    await cluster.stop(nodes[0]!);
    await cluster.clock.advance(TTL_MS);
    expect(nodes.map(({ system }) => system.ownership).sort()).toEqual(['owner', 'standBy', 'standBy']);
  });

  it('does not claim the store before it is started, and serves nobody', async () => {
    const waiting = await cluster.start('one', { autoStart: false });
    expect(cluster.ownerIs).toBeUndefined();
    const error = await failureOf(waiting.client(OwnedCounter).ref('a').ask.add(1));
    expect(error).toMatchObject({ code: 'PS_NOT_OWNER', owner: null });
    await waiting.system.start();
    expect(await waiting.client(OwnedCounter).ref('a').ask.add(1)).toBe(1);
  });

  it('a store without leases is the process’s own', async () => {
    const node = await cluster.start('one', { change: ({ leases: _, ...own }) => own });
    expect(node.system.ownership).toBe('owner');
    expect(await node.client(OwnedCounter).ref('a').ask.add(1)).toBe(1);
  });
});

/** The leases as a node sees them that loses its connection once it has both of its own. */
function claimsOnce({ leases }: Cluster): LeaseStorage {
  let claims = 0;
  const gone = (): Promise<never> => Promise.reject(new Error('the connection is gone'));
  return {
    claim: async (name, holder, ttlMs) => (++claims > 3 ? gone() : leases.claim(name, holder, ttlMs)),
    release: gone,
    close: () => Promise.resolve(),
  };
}
