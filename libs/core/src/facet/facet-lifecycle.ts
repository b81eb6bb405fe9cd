import type { ResolvedFacet } from './facet-chain';
import { FacetContextView, FacetStayView } from './facet-views';
import { inTurn } from './in-turn';
import { isPromise } from './is-promise';
import type { FacetHost } from './turn-port';

/** Gives a newly attached facet its first state, then its `onAttach`. A throw means: not attached, and nothing is left. */
export function attachHook(facet: ResolvedFacet, host: FacetHost): void | Promise<void> {
  const { instance, config, name } = facet;
  let state: unknown = instance.initialState?.(config);
  const keep = (): void => {
    if (state !== undefined) host.setFacetState(name, state);
  };
  if (!instance.onAttach) return keep();
  const trial: FacetHost = {
    actor: host.actor,
    actorId: host.actorId,
    facetState: () => state,
    setFacetState: (_name, value) => (state = value),
  };
  const attached: unknown = instance.onAttach(new FacetContextView(trial, facet));
  return isPromise(attached) ? attached.then(keep) : keep();
}

/** The state itself is the caller's to remove, afterwards. */
export function detachHook(facet: ResolvedFacet, host: FacetHost): void | Promise<void> {
  return facet.instance.onDetach?.(new FacetContextView(host, facet));
}

/** In chain order; the first throw ends it. */
export function activateHooks(chainOrder: readonly ResolvedFacet[], host: FacetHost): void | Promise<void> {
  return inTurn(chainOrder, (facet) => facet.instance.onActivate?.(new FacetStayView(host, facet)));
}

/** In reverse: who came last leaves first. Each gets its turn, then the first throw is thrown on. */
export function deactivateHooks(chainOrder: readonly ResolvedFacet[], host: FacetHost): void | Promise<void> {
  const errors: unknown[] = [];
  const note = (error: unknown) => void errors.push(error);
  const finish = () => {
    if (errors.length > 0) throw errors[0];
  };
  const pending = inTurn([...chainOrder].reverse(), (facet) => {
    try {
      const left: unknown = facet.instance.onDeactivate?.(new FacetContextView(host, facet));
      return isPromise(left) ? left.then(undefined, note) : undefined;
    } catch (error) {
      note(error);
      return undefined;
    }
  });
  return pending ? pending.then(finish) : finish();
}
