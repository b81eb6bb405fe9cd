import type { Storage } from '#spi';
import type { ActorDefinition, HandlerDefinition } from '../actor/actor-definition';
import type { EffectCall } from '../turn/effect-call';
import type { Address } from './address';

/** The turn a handler or an effect runs in, as a probe sees it. */
export interface ProbedTurn {
  readonly actorId: string;
  readonly definition: ActorDefinition;
  readonly instance: object;
  readonly received: { readonly id: string; readonly handler: HandlerDefinition };
}

/** A side effect that is about to be made: of a `@SideEffect` method, of `ctx.sideEffect`, or of a facet. */
export interface ProbedEffect {
  readonly scope: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

/**
 * Where a test kit stands in the runtime. Production provides none: then each of these places costs one comparison.
 * What a method throws becomes the failure of the message, effect or turn it was asked about.
 */
export interface RuntimeProbe {
  /** The store that the runtime is to use in place of this one. */
  storage(storage: Storage): Storage;
  /** Arguments that are about to be sent, before anything is copied or stored. */
  sent(to: Address, method: string, args: readonly unknown[]): void;
  /** A handler is about to run. @returns `false`: it does not, and never answers */
  starts(turn: ProbedTurn): boolean;
  /** A handler and its facets came to this answer; the turn is not committed yet. */
  handled(turn: ProbedTurn, answer: unknown): void;
  /** What the effect is to run: its own `body`, or something in its place. Its record, retries and timeout stay. */
  effect(turn: ProbedTurn, effect: ProbedEffect, body: EffectCall<unknown>): EffectCall<unknown>;
}

/** DI token of a {@link RuntimeProbe}. */
export const RUNTIME_PROBE = Symbol.for('plexspaces:runtime-probe');
