import type { Env, Storage } from '#spi';
import type { ActorRegistry } from '../actor/actor.registry';
import type { FacetRegistry } from '../facet/facet.registry';
import type { ResolvedOptions } from '../plexspaces.options';
import type { RuntimeProbe } from './runtime-probe';

/** What an actor system is made of. */
export interface ActorSystemParts {
  readonly registry: Pick<ActorRegistry, 'get' | 'all' | 'byClass'>;
  readonly facets: FacetRegistry;
  readonly storage: Storage;
  readonly env: Env;
  readonly options: ResolvedOptions;
  readonly probe?: RuntimeProbe | null;
}
