import { activateHooks, attachHook, deactivateHooks } from '../facet/facet-lifecycle';
import { TurnTimeoutError } from '../errors';
import type { ResolvedFacet } from '../facet/facet-chain';
import { isPromise } from '../facet/is-promise';
import { within } from '../ownership/within';
import type { Activation } from './activation';
import { outsideTurns } from '../turn/frame';
import { hooksOf } from './instance-factory';

/** Facets of an instance that has its state: those that are new to the actor are attached first. */
export function openFacets(activation: Activation, isNew: boolean): Promise<void> {
  return outsideTurns(() => attachAndActivate(activation, isNew));
}

async function attachAndActivate(activation: Activation, isNew: boolean): Promise<void> {
  for (const facet of activation.chain.facets) {
    const lacksState = facet.instance.initialState !== undefined && activation.facetState(facet.name) === undefined;
    if (isNew || lacksState) await attachHook(facet, activation);
  }
  await activateHooks(activation.chain.facets, activation);
}

/**
 * Hooks of an instance that is given up; what they throw is logged, its state is safe. They hold the line like a turn, and for as
 * long at most: what waits behind one that does not end is not lost.
 */
export function leaveInstance(activation: Activation): Promise<void> {
  return outsideTurns(() => deactivate(activation));
}

async function deactivate(activation: Activation): Promise<void> {
  const { actor, actorId, chain, cls, env, system } = activation;
  const { maxTurnAgeMs } = cls.definition;
  const late = (): Error => new TurnTimeoutError(actorId, 'onDeactivate', maxTurnAgeMs);
  try {
    const leaving = leaveHooks(chain.facets, activation, () => hooksOf(activation.instance).onDeactivate?.(actor));
    if (isPromise(leaving)) await within(env, maxTurnAgeMs, leaving, late);
  } catch (error) {
    system.logger.error(`onDeactivate of ${actorId} failed: ${String(error)}`);
  }
}

function leaveHooks(facets: readonly ResolvedFacet[], host: Activation, instance: () => unknown): unknown {
  const left = deactivateHooks(facets, host);
  return isPromise(left) ? left.then(instance) : instance();
}
