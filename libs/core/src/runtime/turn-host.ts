import type { Env } from '#spi';
import type { Turn } from '../turn/turn';
import type { Address } from './address';
import type { ResolvedFacet } from '../facet/facet-chain';
import type { Source } from './source';
import type { SystemPort } from './system-port';

/** What a turn needs of the activation it runs on. */
export interface TurnHost {
  readonly address: Address;
  readonly env: Env;
  readonly system: SystemPort;
  /** 0 on an actor without a journal. */
  readonly epoch: number;
  /** A stop ends its stay in memory, not the actor: it is virtual, or its supervisor starts it again. */
  readonly endures: boolean;
  /** Order of what this actor sends to one receiver. */
  sourceFor(receiver: string): Source;
  readonly facets: readonly ResolvedFacet[];
  facetState(name: string): unknown;
  setFacetState(name: string, value: unknown): void;
  turnTooOld(turn: Turn, error: Error): void;
}
