import { Actor, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { closeApps } from '../../support/app';
import { failureOf } from '../durable/gate';
import { Cluster, TTL_MS } from './cluster';

@Actor({ type: 'named_counter' })
@UseFacets(durability(), virtualActor())
class NamedCounter {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

describe('two processes of one node id', () => {
  let cluster: Cluster;
  beforeEach(() => {
    cluster = new Cluster([NamedCounter]);
  });
  afterEach(() => cluster.clock.runUntil(closeApps()));

  it('the second does not start while the first lives, and says what to do', async () => {
    const first = await cluster.start('same');
    const error = await failureOf(cluster.start('same'));
    expect(error).toMatchObject({ code: 'PS_NODE_ID_IN_USE', nodeId: 'same', retryable: false });
    expect(error.message).toMatch(/Give each process a nodeId of its own/);
    expect(await first.client(NamedCounter).ref('a').ask.add(1)).toBe(1);
    expect(cluster.leases.holderOf('node:same')).not.toBeNull();
  });

  it('the second waits for the lease of one that was killed, and goes on', async () => {
    cluster.leases.claim('node:same', 'same/killed', TTL_MS);
    cluster.leases.claim('owner', 'same/killed', TTL_MS);
    const before = cluster.time;
    const next = await cluster.start('same');
    expect(cluster.time - before).toBeGreaterThanOrEqual(TTL_MS);
    await cluster.clock.advance(TTL_MS / 5);
    expect(next.system.ownership).toBe('owner');
    expect(next.complaints.join()).toMatch(/Node id same is leased to same\/killed for \d+ ms more/);
  });

  it('two that start at once after it: one goes on, one is refused', async () => {
    cluster.leases.claim('node:same', 'same/killed', TTL_MS);
    const outcomes = await Promise.allSettled([cluster.start('same'), cluster.start('same')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const refused = outcomes.find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason).toMatchObject({ code: 'PS_NODE_ID_IN_USE' });
  });

  it('one that ended in order leaves it free', async () => {
    await cluster.stop(await cluster.start('same'));
    const before = cluster.time;
    expect((await cluster.start('same')).system.ownership).toBe('owner');
    expect(cluster.time - before).toBeLessThan(TTL_MS / 5);
  });

  it('one whose id was taken while it was stopped serves no more, and says why', async () => {
    const first = await cluster.start('same');
    cluster.block(TTL_MS * 2);
    cluster.leases.claim('node:same', 'same/other', TTL_MS * 100);
    await cluster.clock.advance(TTL_MS);
    expect(first.system.ownership).toBe('lost');
    expect(first.complaints.join()).toMatch(/belongs to a process that lives: same\/other/);
  });

  it('ids that are made up need no lease', async () => {
    const options = { nodeId: undefined };
    const first = await cluster.start('', options);
    const second = await cluster.start('', options);
    expect([first.system.ownership, second.system.ownership]).toEqual(['owner', 'standBy']);
    expect(cluster.leases.holderOf(`node:${first.system.nodeId}`)).toBeNull();
  });
});
