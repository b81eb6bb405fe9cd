import {
  Actor,
  Ctx,
  Handle,
  SideEffect,
  State,
  UseFacets,
  durability,
  virtualActor,
  type ActorContext,
} from 'plexspaces';
import type { Storage } from 'plexspaces/spi';
import { closeApps } from '../../support/app';
import { Gate, failureOf, settle } from '../durable/gate';
import { Cluster, type ClusterApp, TTL_MS } from './cluster';

let effects: string[];
let gate: Gate;
let cluster: Cluster;
/** What happens in the middle of a handler. */
let inside: () => void;

@Actor({ type: 'lease_account' })
@UseFacets(durability(), virtualActor())
class LeaseAccount {
  @State() value = 0;

  @Handle() add(by: number): number {
    return (this.value += by);
  }
  @Handle() async slowly(by: number): Promise<number> {
    await gate.pass();
    return (this.value += by);
  }
  @Handle() async pay(by: number): Promise<number> {
    await this.first();
    inside();
    await this.second();
    return (this.value += by);
  }
  @Handle() async payAgain(by: number): Promise<number> {
    await this.flaky();
    return (this.value += by);
  }
  @Handle() async tellOn(@Ctx() ctx: ActorContext): Promise<void> {
    await gate.pass();
    await ctx.actor(LeaseAccount, 'b').tell.add(1);
  }
  @Handle() throws(): void {
    inside();
    throw new Error(`the value is ${this.value}`);
  }
  @Handle() block(): number {
    inside();
    return ++this.value;
  }
  @Handle({ readOnly: true }) async current(): Promise<number> {
    await gate.pass();
    return this.value;
  }

  @SideEffect() protected async first(): Promise<string> {
    effects.push('first');
    return 'done';
  }
  @SideEffect() protected async second(): Promise<string> {
    effects.push('second');
    return 'done';
  }
  @SideEffect({ retry: { maxAttempts: 5, initialDelay: 10 } }) protected async flaky(): Promise<string> {
    effects.push('flaky');
    inside();
    if (effects.length < 3) throw new Error('not yet');
    return 'done';
  }
}

@Actor({ type: 'lease_plain' })
@UseFacets(virtualActor())
class LeasePlain {
  @State() value = 0;
  @Handle() async add(by: number): Promise<number> {
    await gate.pass();
    return (this.value += by);
  }
  @Handle() value_(): number {
    return this.value;
  }
  @Handle({ readOnly: true }) async current(): Promise<number> {
    await gate.pass();
    return this.value;
  }
}

const notOwner = { code: 'PS_NOT_OWNER', retryable: true };

describe('a node whose right ends', () => {
  let one: ClusterApp;
  let two: ClusterApp;
  let oneMayRenew: boolean;
  beforeEach(async () => {
    effects = [];
    gate = new Gate();
    gate.open();
    inside = () => undefined;
    cluster = new Cluster([LeaseAccount, LeasePlain]);
    oneMayRenew = true;
    one = await startOne();
    two = await cluster.start('two');
  });
  afterEach(() => cluster.clock.runUntil(closeApps()));

  const startOne = (change?: (storage: Storage) => Storage): Promise<ClusterApp> =>
    cluster.start('one', {
      ...(change === undefined ? {} : { change }),
      leases: {
        claim: async (name, holder, ttlMs) => {
          if (!oneMayRenew) throw new Error('the network is down');
          return cluster.leases.claim(name, holder, ttlMs);
        },
        release: async (name, holder) => cluster.leases.release(name, holder),
        close: () => Promise.resolve(),
      },
    });
  const account = (node: ClusterApp) => node.client(LeaseAccount).ref('a');
  /** The lease of the first node ends while nothing of it happens; the second one takes over. */
  const takeOver = async (): Promise<void> => {
    oneMayRenew = false;
    await cluster.clock.advance(TTL_MS * 1.2);
    expect(two.system.ownership).toBe('owner');
  };

  it('serves until then though its renewals fail, and stops before the lease ends', async () => {
    oneMayRenew = false;
    await cluster.clock.advance(TTL_MS * 0.85);
    expect(await account(one).ask.add(1)).toBe(1);
    await cluster.clock.advance(TTL_MS * 0.06);
    expect(one.system.ownership).toBe('lost');
    expect(cluster.ownerIs).toBe('one'); // the store would still say so
    expect(await failureOf(account(one).ask.add(1))).toMatchObject({ ...notOwner, owner: null });
    expect(two.complaints.join()).toMatch(
      /Node one may not act on the store any more: its lease was not renewed in time/,
    );
  });

  it('a turn under way ends: its asker is told, its successor runs on what is stored (P10)', async () => {
    await account(one).ask.add(1);
    gate.close();
    const slow = failureOf(account(one).ask.slowly(10));
    const behind = failureOf(account(one).ask.add(100));
    await gate.reached();
    await takeOver();
    expect(await slow).toMatchObject(notOwner);
    expect(await behind).toMatchObject(notOwner);
    gate.open();
    await settle();
    expect(await account(two).ask.add(1)).toBe(2);
  });

  it('starts no effect once time is up, whoever notices first (P6, F06)', async () => {
    inside = () => cluster.block(TTL_MS);
    expect(await failureOf(account(one).ask.pay(1))).toMatchObject(notOwner);
    expect(effects).toEqual(['first']);
    expect(one.system.ownership).not.toBe('owner');
  });

  it('makes no second attempt at one either', async () => {
    inside = () => {
      oneMayRenew = false;
      cluster.block(TTL_MS);
    };
    const paying = failureOf(account(one).ask.payAgain(1));
    await cluster.clock.advance(500); // longer than the pause between attempts, too short for the other node to look
    expect(await paying).toMatchObject(notOwner);
    expect(effects).toEqual(['flaky']);
  });

  it('commits nothing of a handler that blocked the event loop for longer than the lease (F06)', async () => {
    await account(one).ask.add(1);
    inside = () => cluster.block(TTL_MS * 3);
    expect(await failureOf(account(one).ask.block())).toMatchObject(notOwner);
    inside = () => undefined;
    await cluster.clock.advance(TTL_MS);
    const owner = one.system.ownership === 'owner' ? one : two;
    expect(await account(owner).ask.add(1)).toBe(2);
  });

  it('tells nobody of an error that was thrown on state that may be another node’s by now', async () => {
    inside = () => cluster.block(TTL_MS);
    expect(await failureOf(account(one).ask.throws())).toMatchObject(notOwner);
  });

  it.each(['LeaseAccount', 'LeasePlain'])('answers no reader that began before: %s (F02)', async (name) => {
    const ref = name === 'LeaseAccount' ? account(one) : one.client(LeasePlain).ref('p');
    await ref.ask.add(1);
    gate.close();
    const reading = failureOf(ref.ask.current());
    await gate.reached();
    await takeOver();
    gate.open();
    expect(await reading).toMatchObject(notOwner);
  });

  it('answers a turn whose commit the store took in time: that is no stale answer', async () => {
    const flushed = new Gate();
    await cluster.stop(one);
    await cluster.stop(two);
    one = await startOne((storage) => ({ ...storage, journal: flushing(storage, flushed) }));
    two = await cluster.start('two');
    const asked = account(one).ask.add(7);
    await flushed.reached();
    await takeOver();
    flushed.open();
    expect(await asked).toBe(7);
    expect(await account(two).ask.add(1)).toBe(8);
  });

  it('tells who waits for a commit that the store refused, since it had another writer by then', async () => {
    const flushed = new Gate();
    await cluster.stop(one);
    await cluster.stop(two);
    one = await startOne((storage) => ({ ...storage, journal: flushing(storage, flushed, 'before') }));
    two = await cluster.start('two');
    const asked = failureOf(account(one).ask.add(7));
    await flushed.reached();
    await takeOver();
    expect(await account(two).ask.add(1)).toBe(1);
    flushed.open();
    expect(await asked).toMatchObject({ code: 'PS_VERSION_CONFLICT', retryable: true });
    expect(await account(two).ask.add(1)).toBe(2);
  });

  it('begins anew when it owns the store again: what another node did meanwhile is there, what it had in memory is not', async () => {
    await account(one).ask.add(1);
    await one.client(LeasePlain).ref('p').ask.add(5);
    await takeOver();
    expect(await account(two).ask.add(10)).toBe(11);
    oneMayRenew = true;
    await cluster.clock.advance(TTL_MS);
    await cluster.stop(two);
    await cluster.clock.advance(TTL_MS);
    expect(one.changes.map(({ state }) => state)).toEqual(['lost', 'standBy', 'owner']);
    expect(await account(one).ask.add(100)).toBe(111);
    expect(await one.client(LeasePlain).ref('p').ask.value_()).toBe(0);
  });

  it('a lease that is granted again after a gap begins a new term, though nobody else had it', async () => {
    await one.client(LeasePlain).ref('p').ask.add(5);
    await cluster.stop(two);
    cluster.block(TTL_MS * 2);
    await cluster.clock.advance(TTL_MS);
    expect(one.changes.map(({ state }) => state)).toEqual(['lost', 'owner']);
    expect(await one.client(LeasePlain).ref('p').ask.value_()).toBe(0);
  });

  it('what it had accepted is run by its successor', async () => {
    gate.close();
    const slow = failureOf(account(one).ask.slowly(1));
    await gate.reached();
    await account(one).tell.add(20);
    await takeOver();
    gate.open();
    await slow;
    await settle();
    expect(await account(two).ask.add(1)).toBe(21);
  });

  it('comes to its end when its right is lost while it shuts down: it waits for none of those given up', async () => {
    gate.close();
    const slow = failureOf(account(one).ask.slowly(1));
    await gate.reached();
    const closing = one.close();
    await takeOver();
    await closing;
    expect(await slow).toMatchObject(notOwner);
    gate.open();
  });

  it('sends nothing from a turn that was not committed', async () => {
    gate.close();
    const telling = failureOf(account(one).ask.tellOn());
    await gate.reached();
    await takeOver();
    gate.open();
    expect(await telling).toMatchObject(notOwner);
    await settle();
    expect(await two.client(LeaseAccount).ref('b').ask.add(0)).toBe(0);
  });
});

/** A journal whose writes wait at the gate, before the store takes them or after. */
function flushing({ journal }: Storage, gate: Gate, when: 'before' | 'after' = 'after'): Storage['journal'] {
  const flush: Storage['journal']['flush'] = async (writes) => {
    if (when === 'before') await gate.pass();
    const outcomes = await journal.flush(writes);
    if (when === 'after') await gate.pass();
    return outcomes;
  };
  return Object.create(journal, { flush: { value: flush } }) as Storage['journal'];
}
