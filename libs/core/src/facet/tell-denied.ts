import { Logger } from '@nestjs/common';
import type { FacetDenial } from './facet';
import type { ResolvedFacet } from './facet-chain';

const logger = new Logger('PlexSpaces');

/** Tells those a refused message did not reach. An observer's own failure is no reason for another answer. */
export function tellDenied(unreached: readonly ResolvedFacet[], denial: Omit<FacetDenial, 'config'>): void {
  for (const { instance, config, name } of unreached) {
    try {
      instance.onDenied?.({ ...denial, config });
    } catch (error) {
      logger.error(`onDenied of facet ${name} failed for ${denial.actorId}: ${String(error)}`);
    }
  }
}
