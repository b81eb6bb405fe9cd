import type { ActorId } from '#spi';
import type { Facet, FacetCategory, FacetMessage } from './facet';
import type { TurnPort } from './turn-port';

/** A facet on an actor: checked configuration, defaults filled in, its instance found. Immutable. */
export interface ResolvedFacet {
  readonly name: string;
  readonly priority: number;
  readonly category: FacetCategory;
  readonly config: unknown;
  /** Resolves to the same again, whatever the defaults are by then: what the journal keeps of an attachment. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly onReplay: 'skip' | 'run';
  /** The provider; for `durability` and `virtual_actor`, which the runtime itself carries out, an object that only answers `service`. */
  readonly instance: Facet;
}

/** The facets of an actor, composed: nothing is sorted or looked up per message. */
export interface FacetChain {
  /** In chain order: highest priority first, equal ones in order of attachment. */
  readonly facets: readonly ResolvedFacet[];
  /** `false`: `run` would only call the handler; skip it. */
  readonly wraps: boolean;
  /** `false`: `commit` has nothing to do. */
  readonly commits: boolean;
  /** `false`: `admit` has nothing to do. */
  readonly admits: boolean;
  /** `name@priority#hash of the configuration` of every facet, in chain order. Equal fingerprints behave alike. */
  readonly fingerprint: string;
  /** `name@priority` of the facets that run on replay, recorded in `ActivationStarted`; '' when there is none. */
  readonly replayFingerprint: string;
  /**
   * The onion of priorities from 100 up around `handler`.
   * @returns what leaves the outermost facet; a {@link DefaultAnswer} when it may be answered but not committed
   * @throws FacetRejection, RetryRequest, or what failed the turn
   */
  run(turn: TurnPort, handler: () => unknown): Promise<unknown>;
  /** Facets that `run` leaves out of this turn because it is a replay; their records are to be passed over. */
  skipped(turn: TurnPort): readonly string[];
  /** `onCommit` of priorities 1–99, descending, once the onion has unwound. Rejects to fail the turn; never throws. */
  commit(turn: TurnPort, result: unknown, error: unknown): void | Promise<void>;
  /** Every facet's `admit`, descending, before anything is stored. A throw leaves nothing. */
  admit(message: FacetMessage, actor: ActorId): void | Promise<void>;
}
