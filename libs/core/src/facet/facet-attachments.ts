import { FacetAttachedError, FacetNotAttachedError, InvalidFacetError } from '../errors';
import { inChainOrder } from './compose-facets';
import { DURABILITY } from './durability.facet';
import type { FacetSpec } from './facet';
import type { ResolvedFacet } from './facet-chain';
import type { FacetRegistry } from './facet.registry';
import { VIRTUAL_ACTOR } from './virtual-actor.facet';

// What is attached to an actor is an immutable list in order of attachment. Each change makes a new one, so that
// an attachment that fails later, in onAttach, leaves nothing to undo.

/** The facets a class declares. @throws FacetAttachedError when it declares one twice */
export function resolveFacets(
  actor: string,
  specs: readonly FacetSpec[],
  registry: FacetRegistry,
): readonly ResolvedFacet[] {
  return specs.reduce<readonly ResolvedFacet[]>((list, spec) => add(actor, list, registry.resolve(spec)), []);
}

/** At run time. @throws UnknownFacetError, InvalidFacetConfigError, InvalidFacetError, FacetAttachedError */
export function attachFacet(
  actor: string,
  attached: readonly ResolvedFacet[],
  spec: FacetSpec,
  registry: Pick<FacetRegistry, 'resolve'>,
): readonly ResolvedFacet[] {
  const facet = registry.resolve(spec);
  if (facet.instance.admit) {
    throw new InvalidFacetError(
      facet.name,
      'it has admit, which runs where a message is sent, and senders know only what a class declares; declare it with @UseFacets',
    );
  }
  return add(actor, attached, facet);
}

function add(actor: string, attached: readonly ResolvedFacet[], facet: ResolvedFacet): readonly ResolvedFacet[] {
  if (attached.some(({ name }) => name === facet.name)) throw new FacetAttachedError(actor, facet.name);
  return Object.freeze([...attached, facet]);
}

/** @throws FacetNotAttachedError; InvalidFacetError for a facet that would take the actor's past with it */
export function detachFacet(actor: string, attached: readonly ResolvedFacet[], name: string): readonly ResolvedFacet[] {
  const facet = findFacet(actor, attached, name);
  const reason = PERMANENT[name];
  if (reason !== undefined) throw new InvalidFacetError(name, `it cannot be detached from ${actor}: ${reason}`);
  return Object.freeze(attached.filter((other) => other !== facet));
}

/** @throws FacetNotAttachedError naming what is attached */
export function findFacet(actor: string, attached: readonly ResolvedFacet[], name: string): ResolvedFacet {
  const facet = attached.find((other) => other.name === name);
  if (facet) return facet;
  throw new FacetNotAttachedError(
    actor,
    name,
    listFacets(attached).map((other) => other.name),
  );
}

/** In chain order. */
export function listFacets(
  attached: readonly ResolvedFacet[],
): readonly Pick<ResolvedFacet, 'name' | 'priority' | 'category' | 'config'>[] {
  return inChainOrder(attached).map(({ name, priority, category, config }) => ({
    name,
    priority,
    category,
    config,
  }));
}

const PERMANENT: Readonly<Partial<Record<string, string>>> = {
  [DURABILITY]: 'what it has acknowledged would be lost at the next restart',
  [VIRTUAL_ACTOR]: 'messages to it would find no actor once it is idle',
};
