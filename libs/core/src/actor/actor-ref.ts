import { handledInTurn } from '../turn/handled';
import type { ActorId } from '#spi';
import { UnknownMethodError } from '../errors';
import type { Explanation } from '../explain/explanation';
import type { Address } from '../runtime/address';
import type { ActorClass } from '../runtime/actor-class';
import { resolveMessageOptions, type ResolvedMessageOptions } from '../runtime/message-options';
import type { SystemPort } from '../runtime/system-port';
import type { ActorState } from '../runtime/lifecycle-events';
import { Source } from '../runtime/source';
import type { Turn } from '../turn/turn';
import type { FacetHandle } from './actor-context';
import { ActorHistory } from './actor-history';
import type { AskPort, CreateArgs, MessageOptions, TellPort, TransactionOptions } from './actor-ref.types';
import { RefFacets } from './ref-facets';
import { catchAllOf, mayBeSent, portsOf, refuseKind } from './ref-ports';

export type {
  AskPort,
  CallerTransaction,
  CreateArgs,
  MessageOptions,
  NoReply,
  RefOptions,
  TellPort,
  TransactionOptions,
} from './actor-ref.types';

/** A ref whose tells are part of a transaction of the application: see `ActorRef.with`. @publicApi */
export type TransactionRef<T extends object> = Pick<ActorRef<T>, 'id' | 'actorId' | 'tell'>;

/** What can be told about an actor from outside, without waking it. @publicApi */
export interface ActorInfo {
  readonly state: ActorState;
  /** Times this actor was brought into memory: by this process, or, when durable, all those that wrote. */
  readonly activationCount: number;
  /** Wall clock of its last message; `null` when it is not in memory. */
  readonly lastAccessed: number | null;
  readonly waiting: number;
}

/**
 * A handle to one actor: cheap, immutable, always valid, wherever the actor runs (P1). Making one touches nothing.
 * Messages sent through one ref arrive in the order they were sent (P2).
 * @publicApi
 */
export class ActorRef<T extends object> {
  private lazySource: Source | undefined;
  private askPort: AskPort<T> | undefined;
  private tellPort: TellPort<T> | undefined;

  /** @internal Made by ActorClient, ActorSystem and ActorContext. */
  constructor(
    /** @internal */ readonly system: SystemPort,
    /** @internal */ readonly cls: ActorClass,
    /** @internal */ readonly address: Address,
    /** @internal */ readonly options: ResolvedMessageOptions,
    /** @internal `allowCrossScope` was given. */ readonly crossesScope = false,
    /** @internal The turn it may be used in, when it came from an ActorContext. */ readonly turn: Turn | null = null,
    source?: Source,
  ) {
    this.lazySource = source;
  }

  /** @internal Order of what is sent through this ref; made when a message needs it. */
  get source(): Source {
    return (this.lazySource ??= new Source());
  }

  get id(): ActorId {
    return this.address.id;
  }

  /** The encoded id, `tenant/namespace/type/key`. */
  get actorId(): string {
    return this.address.encoded;
  }

  /**
   * Sends and waits for the answer: `await ref.ask.increment(1)`.
   * @throws what the handler threw; AskTimeoutError, MailboxFullError, ActorNotFoundError, ActorTerminatedError,
   * InvalidPayloadError, IdempotencyConflictError, MessageParkedError
   */
  get ask(): AskPort<T> {
    return (this.askPort ??= new (portsOf(this.cls).ask)(this) as AskPort<T>);
  }

  /** Sends and waits until the message is accepted, durably where the actor is durable: `await ref.tell.increment(1)`. */
  get tell(): TellPort<T> {
    return (this.tellPort ??= new (portsOf(this.cls).tell)(this) as TellPort<T>);
  }

  /**
   * The same actor for tells in a transaction of the application's: `await ref.with({ transaction: em }).tell.x(args)`
   * writes the message over that transaction's connection. It is accepted exactly if the transaction commits: the promise
   * resolves when it is written, and the actor is woken by the commit. It counts as sent at the commit, after whatever was
   * accepted before; an actor without `virtualActor()` has to be there already. Not inside turns, which have `ctx.rows`.
   * The tell throws InvalidTransactionError, TransactionNotSupportedError, and what any tell throws.
   * @throws InvalidMessageOptionError
   */
  with(options: TransactionOptions): TransactionRef<T>;
  /** The same actor with options for what is sent through the ref returned. @throws InvalidMessageOptionError */
  with(options: MessageOptions): ActorRef<T>;
  with(options: MessageOptions | TransactionOptions): ActorRef<T> {
    const resolved = resolveMessageOptions(options, this.options);
    return new ActorRef<T>(this.system, this.cls, this.address, resolved, this.crossesScope, this.turn, this.source);
  }

  /** Creates the actor with `onCreate(...args)`, unless it exists. Only absence creates: an unreadable actor is an error. */
  orCreate(...args: CreateArgs<T>): Promise<this> {
    return handledInTurn(this.system.sender.create(this, args as unknown[], { ifAbsent: true }).then(() => this));
  }

  /** Graceful: what waits is handled first. Brutal: the running turn is aborted, waiting asks fail. Final, but for virtual actors. */
  stop(mode: 'graceful' | 'brutal' = 'graceful'): Promise<void> {
    return this.system.sender.stop(this, mode);
  }

  /** Brings it into memory without a message. */
  activate(): Promise<void> {
    return this.system.sender.activate(this);
  }

  get facets(): FacetHandle {
    return new RefFacets(this);
  }

  /** Journal, checkpoints, time travel and verification of a durable actor. Writes nothing. */
  get history(): ActorHistory {
    return new ActorHistory(this.system, this.cls, this.address);
  }

  info(): Promise<ActorInfo> {
    return this.system.sender.info(this);
  }

  /** Why the actor is not moving, and what to do about it; for people and for programs. Wakes nobody, changes nothing, never rejects. */
  explain(): Promise<Explanation> {
    return this.system.explainer.explain(this.address);
  }

  /** Does the actor run in this process? */
  readonly isLocal: boolean = true;
}

/** Whom a ref means. @publicApi */
export type Addressed = ActorRef<object> | UntypedRef;

export function addressOf(ref: Addressed): Address {
  return ref instanceof UntypedRef ? ref.typed.address : ref.address;
}

/** A ref whose class is known by name only: `await system.ref('counter', 'a').ask('increment', 1)`. @publicApi */
export class UntypedRef {
  /** @internal */
  constructor(private readonly ref: ActorRef<object>) {}

  get id(): ActorId {
    return this.ref.id;
  }

  get actorId(): string {
    return this.ref.actorId;
  }

  /** @throws UnknownMethodError, and what a typed ask throws */
  async ask(method: string, ...args: unknown[]): Promise<unknown> {
    const handler = this.handler(method);
    if (!mayBeSent(handler, 'ask')) return refuseKind(this.ref, handler);
    return this.ref.system.sender.ask(this.ref, handler, args);
  }

  /** @throws UnknownMethodError, and what a typed tell throws */
  async tell(method: string, ...args: unknown[]): Promise<void> {
    const { cls, system } = this.ref;
    const catchAll = cls.definition.handlers.has(method) ? undefined : catchAllOf(cls);
    if (catchAll !== undefined) return system.sender.tell(this.ref, catchAll, [method, args]);
    const handler = this.handler(method);
    if (!mayBeSent(handler, 'tell')) return refuseKind(this.ref, handler);
    return system.sender.tell(this.ref, handler, args);
  }

  /** Also `{ transaction }`, with which nothing but a tell is sent. @throws InvalidMessageOptionError */
  with(options: MessageOptions | TransactionOptions): UntypedRef {
    return new UntypedRef(this.ref.with(options));
  }

  /** As `ActorRef.explain`. */
  explain(): Promise<Explanation> {
    return this.ref.explain();
  }

  get typed(): ActorRef<object> {
    return this.ref;
  }

  private handler(method: unknown) {
    if (typeof method !== 'string')
      throw new UnknownMethodError(this.ref.id.type, String(method), [...this.ref.cls.definition.handlers.keys()]);
    return this.ref.cls.handler(method);
  }
}
