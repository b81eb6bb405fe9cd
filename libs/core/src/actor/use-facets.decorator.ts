import type { FacetSpec } from '../facet/facet';
import { declaredBy, FACETS } from './metadata';

/**
 * The facets an actor is born with: `@UseFacets(durability(), virtualActor({ idleTimeout: '5m' }))`. This says which;
 * their priorities say in what order they run. Facets of an ancestor are kept, one of the same name is replaced.
 * @publicApi
 */
export function UseFacets(...specs: readonly FacetSpec[]): ClassDecorator {
  // Decorators run from the bottom up, and declaration order is read from the top.
  return (target) => Reflect.defineMetadata(FACETS, [...specs, ...declaredBy(FACETS, target)], target);
}
