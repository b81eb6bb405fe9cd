import { Actor, Facet, type FacetTurn, Handle, State, UseFacets, durability, virtualActor } from 'plexspaces';
import { failureOf } from './gate';
import { type Node, World } from './world';

let intercepted: number;

@Facet({ name: 'interceptor', priority: 300, category: 'domain', onReplay: 'run' })
class Interceptor {
  intercept(_: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
    intercepted++;
    return next();
  }
}

@Actor({ type: 'attached-plain' })
@UseFacets(virtualActor())
class Plain {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

@Actor({ type: 'attached-regular' })
class Regular {
  @State() log: string[] = [];
  onCreate(): void {}
  @Handle() put(what: string): void {
    this.log.push(what);
  }
  @Handle() all(): string[] {
    return [...this.log];
  }
}

@Actor({ type: 'attached-durable' })
@UseFacets(durability(), virtualActor())
class Durable {
  @State() value = 0;
  @Handle() add(by: number): number {
    return (this.value += by);
  }
}

/** The store refuses the next thing it is given. */
function refuseOnce({ probe }: Node): void {
  probe.onFlush = async () => {
    probe.onFlush = (writes, flush) => flush(writes);
    throw new Error('disk full');
  };
}

/** It takes everything but the first row that marks an actor as durable. */
function refuseMarkOnce({ probe }: Node): void {
  probe.onFlush = async (writes, flush) => {
    const mark = writes.findIndex((write) => write.kind === 'append' && write.actor.startsWith('$plexspaces/'));
    if (mark < 0) return flush(writes);
    probe.onFlush = (all, pass) => pass(all);
    const outcomes = [...(await flush(writes.toSpliced(mark, 1)))];
    outcomes.splice(mark, 0, { kind: 'failed', reason: 'disk full' });
    return outcomes;
  };
}

describe('a facet attached to a running actor', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    intercepted = 0;
  });
  afterEach(() => world.end());

  it('durability that the store refused takes nothing of what the actor had (P3)', async () => {
    const node = await world.start([Plain]);
    const ref = node.ref(Plain);
    await ref.ask.add(42);
    refuseOnce(node);
    await failureOf(ref.facets.attach('durability'));
    expect(await ref.ask.add(0)).toBe(42);
    await ref.facets.attach('durability');
    node.crash();
    const later = await world.start([Plain]);
    expect(await later.ref(Plain).ask.add(0)).toBe(42);
  });

  it('durability is not attached while the store does not say so: a restart would look for no journal (P4)', async () => {
    const node = await world.start([Plain]);
    const ref = node.ref(Plain);
    await ref.ask.add(42);
    refuseMarkOnce(node);
    const attached = ref.facets.attach('durability');
    const told = ref.tell.add(1); // waits behind it
    expect(await failureOf(attached)).toMatchObject({ code: 'PS_STORE_FAILED' });
    await told;
    expect(await ref.ask.add(0)).toBe(43);
    await ref.facets.attach('durability');
    await ref.ask.add(1);
    node.crash();
    const later = await world.start([Plain]);
    expect(await later.ref(Plain).ask.add(0)).toBe(44);
  });

  it('one that the store refused is not in effect (P3)', async () => {
    const node = await world.start([Durable], { providers: [Interceptor] });
    const ref = node.ref(Durable);
    await ref.ask.add(1);
    refuseOnce(node);
    await failureOf(ref.facets.attach('interceptor'));
    expect((await ref.facets.list()).map(({ name }) => name)).not.toContain('interceptor');
    expect(await ref.ask.add(1)).toBe(2);
    expect(intercepted).toBe(0);
  });

  it('durability leaves the messages of one ref in their order (P2)', async () => {
    const node = await world.start([Regular]);
    const ref = await node.client(Regular).spawn('a');
    await ref.facets.attach('durability');
    const told = ref.tell.put('told');
    expect(await ref.ask.all()).toEqual(['told']);
    await told;
  });

  it('one that runs on replay is no drift of the code at the next start (P9)', async () => {
    const first = await world.start([Durable], { providers: [Interceptor] });
    await first.ref(Durable).ask.add(1);
    await first.ref(Durable).facets.attach('interceptor');
    await first.ref(Durable).ask.add(1);
    await first.close();
    const second = await world.start([Durable], { providers: [Interceptor] });
    expect(await second.ref(Durable).ask.add(1)).toBe(3);
  });
});
