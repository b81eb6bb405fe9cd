import { composeFacets, inChainOrder } from './compose-facets';
import type { FacetChain, ResolvedFacet } from './facet-chain';
import { fingerprintOf } from './facet-fingerprint';

/** Facets attached at run time may differ in every actor; beyond this many kinds of chain the oldest is composed anew. */
const KEPT = 1_000;

/** One chain per fingerprint, shared by all actors that have it. */
export class FacetChains {
  private readonly byList = new WeakMap<readonly ResolvedFacet[], FacetChain>();
  private readonly byFingerprint = new Map<string, FacetChain>();

  /** `attached` must not change afterwards; the same list is not even fingerprinted again. */
  of(attached: readonly ResolvedFacet[]): FacetChain {
    let chain = this.byList.get(attached);
    if (chain === undefined) {
      chain = this.shared(attached);
      this.byList.set(attached, chain);
    }
    return chain;
  }

  private shared(attached: readonly ResolvedFacet[]): FacetChain {
    const fingerprint = fingerprintOf(inChainOrder(attached));
    const known = this.byFingerprint.get(fingerprint);
    if (known) return known;
    const chain = composeFacets(attached);
    if (this.byFingerprint.size >= KEPT) {
      const [oldest] = this.byFingerprint.keys();
      this.byFingerprint.delete(oldest as string);
    }
    this.byFingerprint.set(fingerprint, chain);
    return chain;
  }
}
