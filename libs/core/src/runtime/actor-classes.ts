import type { ActorRegistry } from '../actor/actor.registry';
import type { FacetRegistry } from '../facet/facet.registry';
import { ActorClass } from './actor-class';
import type { Deadlines } from './deadlines';

/** The classes of a system, each worked out once. */
export class ActorClasses {
  private readonly classes = new Map<string, ActorClass>();

  constructor(
    private readonly registry: Pick<ActorRegistry, 'get' | 'all'>,
    private readonly facets: FacetRegistry,
    private readonly deadlines: Deadlines,
  ) {}

  get all(): readonly ActorClass[] {
    return [...this.classes.values()];
  }

  /** @throws UnknownActorTypeError */
  of(type: string): ActorClass {
    let cls = this.classes.get(type);
    if (cls === undefined) {
      cls = new ActorClass(this.registry.get(type), this.facets, this.deadlines);
      this.classes.set(type, cls);
    }
    return cls;
  }

  /** Finds out at start what is wrong with any of them. */
  prepare(): void {
    for (const { type } of this.registry.all()) this.of(type);
  }
}
