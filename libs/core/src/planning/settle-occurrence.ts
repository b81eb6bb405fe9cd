import { isRevived } from '../dead-letters/revival';
import { FacetPlanView } from '../facet/facet-views';
import type { ResolvedFacet } from '../facet/facet-chain';
import { ADVANCE, STOP } from '../runtime/system-messages';
import type { Turn } from '../turn/turn';

/**
 * Is the occurrence this turn is about to be handled still? Its plan may have been changed while it was in line. An operator
 * who has it run again has seen that it was given up, and wants that run, whatever its plan has come to since.
 */
export function isDue(turn: Turn): boolean {
  const { occurrence } = turn.received;
  const facet = plannerOf(turn);
  if (occurrence === null || isRevived(turn.received)) return true;
  if (facet === null) return false; // it was detached
  return facet.instance.isDue?.(new FacetPlanView(turn, facet), occurrence) ?? true;
}

/** The turn is about to be committed: who planned it plans on, in the same commit. A throw fails the turn. */
export function planOn(turn: Turn): void {
  const { occurrence, handler } = turn.received;
  if (handler === STOP) return withdrawAll(turn);
  const facet = plannerOf(turn);
  if (occurrence !== null && facet !== null)
    facet.instance.onOccurrence?.(new FacetPlanView(turn, facet), occurrence, handler === ADVANCE);
}

/** The actor is about to end for good. A virtual one goes on with the next message, a permanent child when it is started again; so do their plans. */
function withdrawAll(turn: Turn): void {
  if (turn.host.endures) return;
  for (const facet of turn.host.facets) facet.instance.onStop?.(new FacetPlanView(turn, facet));
}

function plannerOf(turn: Turn): ResolvedFacet | null {
  const { occurrence } = turn.received;
  return occurrence === null ? null : (turn.host.facets.find(({ name }) => name === occurrence.facet) ?? null);
}
