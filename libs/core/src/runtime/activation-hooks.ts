import { activateHooks, attachHook, deactivateHooks } from '../facet/facet-lifecycle';
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

/** Hooks of an instance that is given up; what they throw is logged, its state is safe. */
export function leaveInstance(activation: Activation): Promise<void> {
  return outsideTurns(() => deactivate(activation));
}

async function deactivate(activation: Activation): Promise<void> {
  try {
    await deactivateHooks(activation.chain.facets, activation);
    await hooksOf(activation.instance).onDeactivate?.(activation.actor);
  } catch (error) {
    activation.system.logger.error(`onDeactivate of ${activation.actorId} failed: ${String(error)}`);
  }
}
