import {
  Actor,
  Facet,
  type FacetTurn,
  Handle,
  SideEffect,
  State,
  StateMap,
  UseFacets,
  durability,
  facet,
  virtualActor,
} from 'plexspaces';

/** No facet at all: the bare chain from an ask to its answer. */
@Actor({ type: 'plain_counter' })
export class PlainCounter {
  @State() value = 0;

  @Handle()
  add(by: number): number {
    return (this.value += by);
  }
}

abstract class Trivial {
  intercept(_turn: FacetTurn, next: () => Promise<unknown>): Promise<unknown> {
    return next();
  }
}

@Facet({ name: 'bench_first', priority: 300, category: 'domain' })
export class FirstFacet extends Trivial {}

@Facet({ name: 'bench_second', priority: 200, category: 'domain' })
export class SecondFacet extends Trivial {}

@Facet({ name: 'bench_third', priority: 100, category: 'domain' })
export class ThirdFacet extends Trivial {}

/** Three facets that only pass on: what the onion itself costs. */
@Actor({ type: 'faceted_counter' })
@UseFacets(facet('bench_first'), facet('bench_second'), facet('bench_third'))
export class FacetedCounter extends PlainCounter {}

/** Virtual, without a journal. */
@Actor({ type: 'virtual_counter' })
@UseFacets(virtualActor())
export class VirtualCounter extends PlainCounter {}

/** Leaves memory as soon as another one comes. */
@Actor({ type: 'passive_counter' })
@UseFacets(virtualActor({ maxActive: 1 }))
export class PassiveCounter extends PlainCounter {}

/** As the README has it, with the defaults. */
@Actor({ type: 'durable_counter' })
@UseFacets(durability(), virtualActor())
export class DurableCounter {
  @State() value = 0;

  @Handle()
  add(by: number): number {
    return (this.value += by);
  }

  @Handle()
  async addRated(by: number): Promise<number> {
    return (this.value += by * (await this.rate()));
  }

  @SideEffect()
  protected rate(): Promise<number> {
    return Promise.resolve(1);
  }
}

/** Leaves memory as soon as another one comes. */
@Actor({ type: 'passive_durable_counter' })
@UseFacets(durability(), virtualActor({ maxActive: 1 }))
export class PassiveDurableCounter extends PlainCounter {}

/** So many of them that not all may be in memory. */
@Actor({ type: 'many_counter' })
@UseFacets(durability(), virtualActor({ maxActive: 100_000 }))
export class ManyCounter extends PlainCounter {}

/** The same with a checkpoint every 100 turns, for the recovery cases. */
@Actor({ type: 'checkpointed_counter' })
@UseFacets(durability({ checkpointEvery: 100 }), virtualActor())
export class CheckpointedCounter {
  @State() count = 0;

  @Handle()
  write(): number {
    return ++this.count;
  }
}

/** The workload of the checkpoint's size: a map that gains an entry per message, all of which the checkpoint has to hold. */
@Actor({ type: 'ledger' })
@UseFacets(durability({ checkpointEvery: 100 }), virtualActor())
export class Ledger {
  @State() count = 0;
  @State() lines = new StateMap<string, { readonly item: string; readonly amount: number }>();

  @Handle()
  write(): number {
    const count = ++this.count;
    const scattered = (count * 7_919) % 104_729;
    this.lines.set(`line-${count}`, { item: `item-${scattered}`, amount: scattered });
    return count;
  }
}
