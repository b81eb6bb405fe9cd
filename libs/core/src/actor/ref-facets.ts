import type { FacetSpec } from '../facet/facet';
import { listFacets } from '../facet/facet-attachments';
import { handledInTurn } from '../turn/handled';
import { ATTACH, DETACH } from '../runtime/system-messages';
import type { ActorRef } from './actor-ref';
import type { AttachedFacet, FacetHandle } from './actor-context';

/** The facets of one actor, changed from outside: each change is a message in its line. */
export class RefFacets implements FacetHandle {
  constructor(private readonly ref: ActorRef<object>) {}

  attach(
    facet: string | FacetSpec,
    options: { readonly priority?: number; readonly config?: Readonly<Record<string, unknown>> } = {},
  ): Promise<void> {
    return handledInTurn(this.attachNow(facet, options));
  }

  private async attachNow(
    facet: string | FacetSpec,
    options: { readonly priority?: number; readonly config?: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    const spec = Object(facet) === facet ? (facet as FacetSpec) : { name: facet as string, config: {} };
    const priority = options.priority ?? spec.priority;
    this.ref.system.facets.resolve({
      name: spec.name,
      config: options.config ?? spec.config,
      ...(priority === undefined ? {} : { priority }),
    });
    await this.ref.system.sender.control(this.ref, ATTACH, [spec.name, priority, options.config ?? spec.config]);
  }

  attachByType(name: string, priority: number, config?: Readonly<Record<string, unknown>>): Promise<void> {
    return this.attach(name, { priority, ...(config === undefined ? {} : { config }) });
  }

  detach(name: string): Promise<void> {
    return handledInTurn(this.ref.system.sender.control(this.ref, DETACH, [name]).then(() => undefined));
  }

  async list(): Promise<readonly AttachedFacet[]> {
    await this.ref.activate();
    return listFacets(this.ref.system.facetsOf(this.ref.address));
  }
}
