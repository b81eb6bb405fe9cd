import type { ActorId, Duration, PersistentStorage } from '#spi';
import type { LoggerService, Type } from '@nestjs/common';
import type { RespawnOptions, RespawnOrOptions } from '../persistence/creation';
import type { ReplyToken } from '../deferred/reply-token';
import type { EffectCall } from '../turn/effect-call';
import type { RetryOptions } from '../turn/retry-policy';
import type { ActorRef, Addressed, RefOptions, UntypedRef } from './actor-ref';
import type { ActorRows } from './actor-rows';
import type { FacetSpec } from '../facet/facet';

/** Options of {@link ActorContext.sideEffect}. @publicApi */
export interface SideEffectCallOptions {
  /** Default: one attempt per start of the message. */
  readonly retry?: RetryOptions;
  /** Per attempt. Default: none. */
  readonly timeout?: Duration;
}

/** A facet attached to an actor, as `facets.list()` shows it, in chain order. @publicApi */
export interface AttachedFacet {
  readonly name: string;
  readonly priority: number;
  readonly category: string;
  readonly config: unknown;
}

/** The facets of one actor. Attaching and detaching are messages of their own, journaled when the actor is durable. @publicApi */
export interface FacetHandle {
  /** @throws UnknownFacetError, InvalidFacetConfigError, FacetAttachedError */
  attach(
    facet: string | FacetSpec,
    options?: { readonly priority?: number; readonly config?: Readonly<Record<string, unknown>> },
  ): Promise<void>;
  /** The reference's name for `attach(name, { priority, config })`. */
  attachByType(name: string, priority: number, config?: Readonly<Record<string, unknown>>): Promise<void>;
  /** @throws FacetNotAttachedError */
  detach(name: string): Promise<void>;
  list(): Promise<readonly AttachedFacet[]>;
}

/**
 * Everything an actor may touch while it handles a message, besides what Nest injects. Get it with a `@Ctx()`
 * parameter, or from anywhere the handler awaits with `actorContext()`. What it gives is deterministic: a
 * message that is run again on its records sees the same values.
 * @publicApi
 */
export interface ActorContext {
  readonly self: ActorId;
  readonly messageId: string;
  readonly correlationId: string;
  /** Id of the message that caused this one; '' for a first one. */
  readonly causationId: string;
  /** The sending actor, or `null` for a client. */
  readonly sender: ActorId | null;
  readonly principal: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Aborted when the turn fails or takes too long. */
  readonly signal: AbortSignal;
  /** Prefixes the actor's id; silent while the message runs on records it already has. */
  readonly log: LoggerService;
  /** `true` while the message is run again on its records. */
  readonly isReplay: boolean;
  /** Milliseconds since 1970, of the message's acceptance or its last record. */
  now(): number;
  /** 0 ≤ x < 1, from the message id. */
  random(): number;
  uuid(): string;
  /** Recorded; resumes with what is left of it after a crash. Holds the actor's line. */
  sleep(duration: Duration): Promise<void>;
  /**
   * Runs `call` once and records its outcome before the handler sees it. An ask that `call` makes is in no chain and in no circle
   * of waits that is found: it ends with its timeout. Ask from the handler where the answer is all that is needed.
   * @throws what `call` throws, as recorded
   */
  sideEffect<T>(name: string, call: EffectCall<T>, options?: SideEffectCallOptions): Promise<T>;
  /** Side effects this turn has recorded so far: name and whether the record was there before this run. */
  readonly sideEffects: readonly { readonly name: string; readonly fromRecord: boolean }[];
  /** Writes to your own tables, in the commit of this turn. Not inside a side effect. @throws NoActorContextError there */
  readonly rows: ActorRows;
  /**
   * Postgres only: runs `work` in a transaction of your DataSource that the commit of this turn is part of: `await
   * ctx.transact(async (em: EntityManager) => …)`. The last act of a turn: afterwards the handler may change state and return,
   * and then turn and transaction become durable together. `work` runs again when the turn does, so it must reach nothing
   * but the database; a throw of it undoes the turn (P7), and where another transaction stood in its way the turn is run again.
   * Its answer is a copy, as the journal keeps it. Long transactions are ended after `maxTurnAge`.
   * @throws TransactionNotSupportedError, TransactLastError, InvalidPayloadError, what `work` throws; NoActorContextError in a side effect
   */
  transact<T, M = unknown>(work: (manager: M) => Promise<T>): Promise<T>;
  /** A ref from this actor: same scope, this turn's message id and trace. */
  actor<T extends object>(type: Type<T>, key: string, options?: RefOptions): ActorRef<T>;
  /** The same by the type's name. @throws UnknownActorTypeError */
  actorOfType(type: string, key: string, options?: RefOptions): UntypedRef;
  /** Creates an actor with `onCreate(...args)`; leaves with the commit, like a tell. */
  spawn<T extends object>(type: Type<T>, key: string, ...args: unknown[]): ActorRef<T>;
  /** Brings an actor back from its snapshot. @throws ActorNotFoundError when there is none, and what `respawnOr` throws */
  respawn<T extends object>(type: Type<T>, key: string, options?: RespawnOptions<T> & RefOptions): Promise<ActorRef<T>>;
  /**
   * The one in memory, else from its snapshot, else, when there is none, what `fallback` says.
   * @throws CorruptRecordError, SchemaTooNewError, SnapshotUnreadableError: the fallback is not called then
   */
  respawnOr<T extends object>(
    type: Type<T>,
    key: string,
    options: RespawnOrOptions<T> & RefOptions,
  ): Promise<ActorRef<T>>;
  /**
   * Puts off the answer to the message being handled: the turn commits without one, whoever asked goes on waiting, and a later
   * turn of this actor answers with `reply(token, value)`. Keep the token in the state. What the handler returns is not the
   * answer then; let it return the token, and `ask` has the type of what the token stands for. A throw of the turn is an
   * answer as ever, and the token is worth nothing. In a tell nobody waits; who asks under the same idempotency key does.
   *
   * The asker waits for as long as its `timeout`; if its process or this one ends meanwhile, asking again under the same
   * idempotency key goes on waiting, or gets the answer. A token is good for the window of idempotency keys (24 h).
   * @throws DeferredReplyError when called twice, in `onCreate`, in a reentrant call that its own turn waits for, or with 10,000 answers owed; NoActorContextError in a side effect
   */
  deferReply<T = unknown>(): ReplyToken<T>;
  /**
   * Gives the answer that an earlier turn has put off. It is committed with this turn and leaves after it (P4); a failed turn
   * has answered nothing. The value is copied at once.
   * @throws DeferredReplyError for a token of another actor, one that was answered, or is too old; InvalidPayloadError, PayloadTooLargeError
   */
  reply<T>(token: ReplyToken<T>, value: NoInfer<T>): void;
  /** The same with an error: the asker's promise rejects with it. @throws DeferredReplyError */
  replyError(token: ReplyToken, error: unknown): void;
  /** `true` in every new run and where the record says so; guards a change of the handler's path (P9). */
  patched(changeId: string): boolean;
  /** A checkpoint is taken after this turn. On an actor without `durability()` its snapshot is saved. */
  checkpoint(): void;
  /**
   * Saves the state as it stands now, in the middle of the turn, to `storage`. Rejects with what the storage rejects with;
   * may be left unawaited, a failure is nobody's crash. With `durability()` the journal is the truth: the same as `checkpoint()`.
   */
  saveSnapshot(storage: PersistentStorage): Promise<void>;
  /**
   * From the commit of this turn on, the next end of that actor is a message to `handler` of this one, with a `Down`; one that is
   * not there is told at once. Does not outlive the process. @returns what `demonitor` takes @throws UnknownMethodError
   */
  monitor(target: Addressed, handler: string): string;
  /** From the commit of this turn on. Harmless when it has told already. */
  demonitor(monitor: string): void;
  /**
   * From the commit of this turn on, a crash of either actor ends the other's instance as well, unless that has a `@TrapExit()`
   * handler, which is told instead. Does not outlive the process.
   */
  link(target: Addressed): void;
  unlink(target: Addressed): void;
  /** The facet's service for actor code (`FacetProvider`). @throws FacetNotAttachedError */
  facet<T>(name: string): T;
  readonly facets: FacetHandle;
}
