import type { ActorId } from '#spi';
import { Injectable, SetMetadata, applyDecorators } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Alarms } from '../planning/alarms';
import type { Occurrence } from '../planning/occurrence';
import type { Planner } from '../planning/plan';
import type { EffectCall } from '../turn/effect-call';

/** Where `@Facet(…)` leaves its options on the class. */
export const FACET_METADATA = Symbol.for('plexspaces:facet');

/** Lower edges of the bands. Higher runs first on the way in and last on the way out. 501–799 are free for users. @publicApi */
export const FacetBand = { Security: 1000, Logging: 900, Metrics: 800, Domain: 100, Persistence: 1 } as const;

/** @publicApi */
export type FacetCategory =
  'infrastructure' | 'capability' | 'timer' | 'observability' | 'security' | 'event' | 'domain';

/** One option of a facet: `required` or with a `default`, never both. @publicApi */
export interface ConfigOption {
  readonly key: string;
  readonly description?: string;
  /**
   * What the facet is handed. Strings are converted ('0.95' → 0.95, 'true' → true); a `duration` arrives as
   * milliseconds. Without it the type of the default counts, and a default such as '0.8' means a number.
   */
  readonly type?: 'string' | 'number' | 'boolean' | 'duration' | 'object';
  readonly required?: boolean;
  readonly default?: unknown;
  /** Other names the option may be given by. Two names with different values are refused. */
  readonly alias?: string | readonly string[];
  /** The only values allowed. */
  readonly oneOf?: readonly unknown[];
  /** Says why a value is refused ('must be above 0'), or nothing when it is fine. */
  readonly check?: (value: unknown) => string | undefined;
}

/** What the registry tells about a facet. @publicApi */
export interface FacetDescriptor {
  readonly description: string;
  readonly category: FacetCategory;
  readonly configOptions: readonly ConfigOption[];
}

/** `@Facet(…)`. @publicApi */
export interface FacetOptions {
  readonly name: string;
  /** Where it runs when nobody says otherwise: a whole number from 1 up, see {@link FacetBand}. */
  readonly priority: number;
  readonly category: FacetCategory;
  readonly description?: string;
  /** Options of the facet, as a list or as a Standard Schema (zod, …). Default: none. */
  readonly config?: readonly ConfigOption[] | StandardSchemaV1;
  /**
   * `skip` (default): left out when a message is run again on records that something behind this facet made, for
   * then it has let the message pass before. `run`: it is part of the replayed history; its presence is
   * fingerprinted and drift is refused at activation.
   */
  readonly onReplay?: 'skip' | 'run';
}

/** A facet as an actor declares it: `@UseFacets(durability(), facet('fraud_detection', { … }))`. @publicApi */
export interface FacetSpec {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Overrides the facet's default. */
  readonly priority?: number;
}

/** A message as facets see it (INVENTORY AX33). Read-only. @publicApi */
export interface FacetMessage {
  readonly messageId: string;
  /** Encoded id of the sending actor; '' for a client. */
  readonly senderId: string;
  /** The handler's name. */
  readonly messageType: string;
  readonly payload: readonly unknown[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly principal: string;
  readonly correlationId: string;
}

/** What a facet gets of the actor it sits on. `State` is the facet's own, kept and checkpointed with the actor. @publicApi */
export interface FacetContext<Config = unknown, State = unknown> {
  readonly actor: ActorId;
  readonly actorId: string;
  readonly config: Config;
  /**
   * Mutable; what it holds when a turn commits is committed with it, what a failed turn did to it is undone, and
   * what a facet does to it during a read-only message is dropped.
   */
  state: State;
}

/** {@link FacetContext} of an actor that has come into memory. @publicApi */
export interface FacetStay<Config = unknown, State = unknown> extends FacetContext<Config, State> {
  readonly alarms: Alarms;
  /** Wall clock. */
  now(): number;
}

/** {@link FacetContext} in a turn, with what the facet may have its actor do later. @publicApi */
export interface FacetPlanning<Config = unknown, State = unknown> extends FacetContext<Config, State> {
  /** Refused, when used, during a read-only message and inside a side effect. */
  readonly planner: Planner;
}

/** {@link FacetContext} while a message is being processed. @publicApi */
export interface FacetTurn<Config = unknown, State = unknown> extends FacetContext<Config, State> {
  readonly message: FacetMessage;
  /** `true` while the message runs on records it already has. */
  readonly isReplay: boolean;
  readonly signal: AbortSignal;
  /** Recorded like an actor's own side effect, in the facet's scope. Refused during a read-only message, which records nothing. */
  sideEffect<T>(name: string, call: EffectCall<T>): Promise<T>;
}

/** What `onCommit` may look at and add. @publicApi */
export interface FacetCommit<Config = unknown, State = unknown> extends FacetContext<Config, State> {
  readonly message: FacetMessage;
  /** The answer that leaves the outermost facet, or the error. */
  readonly result: unknown;
  readonly error: unknown;
}

/** A message that another facet refused, as a facet hears of it that would have been next. @publicApi */
export interface FacetDenial<Config = unknown> {
  readonly actor: ActorId;
  readonly actorId: string;
  readonly config: Config;
  readonly message: FacetMessage;
  /** The facet that refused it, in `admit` or before its `next()`. */
  readonly deniedBy: string;
  readonly error: unknown;
}

/** What `onError` decides about an error that reaches the facet. @publicApi */
export type ErrorDecision =
  | { readonly policy: 'propagate' }
  /** Run the message again from the start, as its retry policy allows. */
  | { readonly policy: 'retry' }
  /** Answer this instead; the turn's changes are undone. */
  | { readonly policy: 'default'; readonly value: unknown }
  | { readonly policy: 'transform'; readonly error: unknown };

/**
 * A capability that composes with any actor. A Nest provider with `@Facet(…)`: one instance per class, so what
 * belongs to one actor lies in `config` and `state`, which every hook is handed.
 *
 * *When it fires.* `admit` once, in the caller's process, before anything is stored. From priority 100 up
 * `intercept` around the handler (`onMessage`, its simple form, before it), each time the handler runs; on a
 * re-run see {@link FacetOptions.onReplay}. For priorities 1–99 `onCommit`, once the onion has unwound, before
 * every commit.
 * *Errors.* A throw in `admit` leaves nothing. A throw in `intercept` before `next()` is the recorded answer: no
 * state change, the actor is not Failed. A throw after `next()` fails the turn (P7), and whoever catches an error
 * of `next()` and answers instead gets that answer out, but nothing of the turn is committed with it.
 * *Rules.* `next()` may be called once and must be awaited; not calling it short-circuits: what `intercept`
 * returns is the answer.
 * @publicApi
 */
export interface Facet<Config = unknown, State = unknown> {
  /** The state a newly attached actor begins with. */
  initialState?(config: Config): State;
  onAttach?(context: FacetContext<Config, State>): void | Promise<void>;
  onActivate?(context: FacetStay<Config, State>): void | Promise<void>;
  onDeactivate?(context: FacetContext<Config, State>): void | Promise<void>;
  onDetach?(context: FacetContext<Config, State>): void | Promise<void>;
  admit?(message: FacetMessage, config: Config, actor: ActorId): void | Promise<void>;
  intercept?(turn: FacetTurn<Config, State>, next: () => Promise<unknown>): Promise<unknown>;
  onMessage?(turn: FacetTurn<Config, State>): void | Promise<void>;
  onCommit?(commit: FacetCommit<Config, State>): void | Promise<void>;
  /** Judges every error that leaves this facet, its own and those from behind it; from priority 100 up. */
  onError?(error: unknown, turn: FacetTurn<Config, State>): ErrorDecision | Promise<ErrorDecision>;
  /**
   * Told, outside the chain, of a message that another facet refused before it got here: logs and metrics below the
   * security band miss nothing. The answer is decided by then; a throw is logged and changes nothing.
   */
  onDenied?(denial: FacetDenial<Config>): void;
  /** What `ctx.facet(name)` hands to actor code. Default: the facet itself. */
  service?(context: FacetPlanning<Config, State>): unknown;
  /**
   * Is this run of something the facet has planned to be handled still? Asked before its handler runs; `false` ends the
   * message without. It may depend on configuration, state and the planner's clock alone, since a turn may be run again. Of a
   * run that was parked, and that an operator has taken up again, it is not asked.
   */
  isDue?(context: FacetPlanning<Config, State>, occurrence: Occurrence): boolean;
  /**
   * A run of something the facet has planned is about to be committed, handled or not due any more. What is planned here
   * is in the same commit. `failed`: it was given up, nothing of it is left, and this is a turn of its own; an operator may
   * have it run again before that turn, or at any time after it (`planner.isRevived`).
   */
  onOccurrence?(context: FacetPlanning<Config, State>, occurrence: Occurrence, failed: boolean): void;
  /** An actor that is not virtual ends for good with this turn: what is planned is to be withdrawn. */
  onStop?(context: FacetPlanning<Config, State>): void;
}

/**
 * Makes a provider a facet: actors attach it by `name`. One instance serves every actor, so it may not be
 * request-scoped. Renaming it orphans its state on the actors that have it. @publicApi
 */
export function Facet(options: FacetOptions): ClassDecorator {
  return applyDecorators(Injectable(), SetMetadata(FACET_METADATA, options));
}
