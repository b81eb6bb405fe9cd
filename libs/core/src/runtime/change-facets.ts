import { decodePayload, encodePayload, type FacetAttached, type FacetDetached, type StateImage } from '#journal';
import { failpoint } from '#spi';
import { checkNotReentrant } from '../actor/check-not-reentrant';
import { attachFacet, detachFacet, findFacet } from '../facet/facet-attachments';
import type { ResolvedFacet } from '../facet/facet-chain';
import { attachHook, detachHook } from '../facet/facet-lifecycle';
import type { FacetHost } from '../facet/turn-port';
import type { FacetRegistry } from '../facet/facet.registry';
import { DURABILITY } from '../facet/durability.facet';
import { outsideTurns } from '../turn/frame';
import type { Activation } from './activation';
import type { Message } from './message';
import { ATTACH } from './system-messages';

/** What changing an actor's facets at run time came to. */
export interface FacetChange {
  readonly entry: FacetAttached | FacetDetached;
  /** The actor keeps a journal from here on. */
  readonly becomesDurable: boolean;
  /** Puts it into effect. Until then nothing of the actor has changed. */
  readonly apply: () => void;
}

/** What an activation lets be changed about its facets. */
export interface FacetOwner extends Activation {
  removeFacetState(name: string): void;
}

/** Carries out `$attach` and `$detach`: the hook first, so that a facet that refuses leaves the chain as it was. */
export async function changeFacets(
  owner: FacetOwner,
  message: Message,
  before: readonly ResolvedFacet[] = owner.facets,
): Promise<FacetChange> {
  const actor = owner.address.encoded;
  const [name, priority, config] = message.args as [
    string,
    number | undefined,
    Readonly<Record<string, unknown>> | undefined,
  ];
  if (message.handler === ATTACH) {
    const spec = { name, config: config ?? {}, ...(priority === undefined ? {} : { priority }) };
    const next = attachFacet(actor, before, spec, owner.system.facets);
    if (name === DURABILITY) checkNotReentrant(owner.cls.definition.className, owner.cls.definition.handlers);
    const facet = next[next.length - 1] as ResolvedFacet;
    const first = new Map<string, unknown>();
    const host = trialOf(owner, first);
    await outsideTurns(() => attachHook(facet, host));
    failpoint('attach.afterHook');
    if (name === DURABILITY) await owner.system.markDurable(owner.address);
    const apply = (): void => {
      for (const [key, state] of first) owner.setFacetState(key, state);
      useFacets(owner, next);
    };
    return { entry: attachedEntry(facet), becomesDurable: name === DURABILITY, apply };
  }
  const next = detachFacet(actor, before, name);
  const facet = findFacet(actor, before, name);
  await outsideTurns(() => detachHook(facet, owner));
  const apply = (): void => {
    owner.removeFacetState(name);
    useFacets(owner, next);
  };
  return { entry: { kind: 'FacetDetached', name }, becomesDurable: false, apply };
}

/** Keeps a facet's first state back: its hook may end when the change has been called off. */
function trialOf({ actor, actorId }: FacetOwner, states: Map<string, unknown>): FacetHost {
  return {
    actor,
    actorId,
    facetState: (name) => states.get(name),
    setFacetState: (name, state) => void states.set(name, state),
  };
}

/** The checked options, so that a later default changes nothing about this actor. */
function attachedEntry({ name, priority, options }: ResolvedFacet): FacetAttached {
  return { kind: 'FacetAttached', name, priority, config: encodePayload(options) };
}

/** Keeps the change with the state. */
export function noteFacet(image: StateImage, entry: FacetAttached | FacetDetached): void {
  if (entry.kind === 'FacetAttached') image.attach(entry);
  else image.detach(entry.name);
}

function useFacets(owner: Activation, facets: readonly ResolvedFacet[]): void {
  owner.facets = facets;
  owner.chain = owner.system.chains.of(facets);
  owner.system.facetsChanged(owner);
}

/** Gives an activation the facets its state says it has. */
export function restoreFacets(owner: Activation, image: StateImage): void {
  const facets = facetsOf(owner.address.encoded, owner.cls.facets, image, owner.system.facets);
  if (facets !== owner.facets) useFacets(owner, facets);
}

/** The facets a recovered actor has: those its class declares, and those attached at run time. */
export function facetsOf(
  actor: string,
  declared: readonly ResolvedFacet[],
  image: StateImage,
  registry: FacetRegistry,
): readonly ResolvedFacet[] {
  if (image.facets.length === 0 && image.detached.length === 0) return declared;
  let facets: readonly ResolvedFacet[] = declared.filter(({ name }) => !image.detached.includes(name));
  for (const { name, priority, config } of image.facets) {
    if (facets.some((facet) => facet.name === name)) continue; // the class declares it by now
    facets = attachFacet(
      actor,
      facets,
      { name, priority, config: decodePayload(config) as Readonly<Record<string, unknown>> },
      registry,
    );
  }
  return facets;
}
