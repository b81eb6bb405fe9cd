import { restoreFacets } from './change-facets';
import type { DurableActivation } from './durable-activation';

/**
 * A new instance from the end of the last turn; what was never recorded, a facet included, is not in it.
 * @returns `false` when another one was asked for meanwhile, which takes its place
 */
export async function renewInstance(host: DurableActivation): Promise<boolean> {
  const adopted = host.adoption.dueImage;
  const image = adopted?.clone() ?? host.line.speculativeImage();
  restoreFacets(host, image);
  return host.live.open(image, adopted === null ? 'write' : 'adopt');
}

/** There is no instance to go on with. */
export function collapseWith(host: DurableActivation, error: unknown): void {
  const held = host.runner.interrupt(error);
  host.crash(error);
  host.collapse(error, held === null ? [] : [held]); // its asker is told here, or nowhere
}
