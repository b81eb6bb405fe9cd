import type { ActorId } from '#spi';
import type { EffectCall } from '../turn/effect-call';
import type { FacetMessage } from './facet';

/** Scope of the records that a handler's own effects leave; no facet may have this name. */
export const HANDLER_SCOPE = 'handler';

/** The actor a facet sits on, as far as a facet's hooks need it outside a turn. */
export interface FacetHost {
  readonly actor: ActorId;
  readonly actorId: string;
  /** What the facet of this name keeps on this actor. */
  facetState(name: string): unknown;
  setFacetState(name: string, value: unknown): void;
}

/** What the facet chain needs of a turn; the runtime's turn implements it. */
export interface TurnPort extends FacetHost {
  readonly message: FacetMessage;
  /** `true` while the message runs on records it already has. Read once at the start by the chain, later by facets. */
  readonly isReplay: boolean;
  readonly signal: AbortSignal;
  /**
   * Does the message have a record of this scope, a facet's name or {@link HANDLER_SCOPE}? Asked at the start of a
   * replay only. A guard is left out once something behind it has left a record, for only then did it let
   * the message pass; a guard that was cut off by a crash decides again.
   */
  hasRecordOf(scope: string): boolean;
  facetEffect<T>(scope: string, name: string, call: EffectCall<T>): Promise<T>;
}
