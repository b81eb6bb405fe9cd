import { Logger, type LoggerService, type Type } from '@nestjs/common';
import { type ActorId, type Duration, type PersistentStorage, decodeActorId, parseDuration } from '#spi';
import type { ActorRows } from '../actor/actor-rows';
import type { ActorContext, FacetHandle, SideEffectCallOptions } from '../actor/actor-context';
import { type Addressed, ActorRef, type RefOptions, UntypedRef, addressOf } from '../actor/actor-ref';
import { RefFacets } from '../actor/ref-facets';
import type { ReplyToken } from '../deferred/reply-token';
import { TurnReplies } from '../deferred/turn-replies';
import { NoActorContextError } from '../errors';
import { findFacet } from '../facet/facet-attachments';
import { serviceOf } from '../facet/facet-views';
import { NO_OPTIONS } from '../runtime/message-options';
import { makeAddress } from '../runtime/address';
import type { RespawnOptions, RespawnOrOptions } from '../persistence/creation';
import { saveFromTurn } from '../persistence/save-from-turn';
import { type Deterministic, diceOf } from './deterministic';
import type { EffectCall, EffectContext } from './effect-call';
import { frames } from './frame';
import { handledInTurn } from './handled';
import { EFFECT_RETRY, resolveRetry } from './retry-policy';
import { RowQueue } from './row-queue';
import type { Turn } from './turn';
import type { TransactCall } from './turn-transaction';

/** The {@link ActorContext} of one turn: a window on it, made when somebody looks. */
export class ContextView implements ActorContext {
  private queue: RowQueue | null = null;

  constructor(private readonly turn: Turn) {}

  get self(): ActorId {
    return this.turn.actor;
  }

  get messageId(): string {
    return this.turn.received.id;
  }

  get correlationId(): string {
    return this.turn.received.correlationId;
  }

  get causationId(): string {
    return this.turn.received.trail.causationId;
  }

  get sender(): ActorId | null {
    const { sender } = this.turn.received.trail;
    return sender === '' ? null : decodeActorId(sender);
  }

  get principal(): string {
    return this.turn.received.trail.principal;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.turn.received.trail.headers;
  }

  get signal(): AbortSignal {
    return this.turn.signal;
  }

  get isReplay(): boolean {
    return this.turn.isReplay;
  }

  get log(): LoggerService {
    return new TurnLogger(this.turn);
  }

  get sideEffects(): readonly { readonly name: string; readonly fromRecord: boolean }[] {
    return this.turn.recordedActs;
  }

  get facets(): FacetHandle {
    return new RefFacets(this.selfRef());
  }

  get rows(): ActorRows {
    this.assertOutsideEffects('rows');
    return (this.queue ??= new RowQueue(this.turn));
  }

  now(): number {
    return this.turn.now();
  }

  random(): number {
    return this.dice.random();
  }

  uuid(): string {
    return this.dice.uuid();
  }

  sleep(duration: Duration): Promise<void> {
    this.assertOutsideEffects('sleep()');
    return this.turn.sleep(parseDuration(duration));
  }

  sideEffect<T>(name: string, call: EffectCall<T>, options: SideEffectCallOptions = {}): Promise<T> {
    const { effect } = this;
    if (effect !== null) return Promise.resolve(effect).then(call); // part of the one around it, whose outcome is recorded
    const retry = options.retry === undefined ? EFFECT_RETRY : resolveRetry(options.retry, EFFECT_RETRY);
    const timeoutMs = options.timeout === undefined ? 0 : parseDuration(options.timeout);
    return this.turn.sideEffect({ scope: 'handler', name, args: [], retry, timeoutMs }, call) as Promise<T>;
  }

  actorOfType(type: string, key: string, options: RefOptions = {}): UntypedRef {
    return new UntypedRef(this.refOf<object>(type, key, options));
  }

  actor<T extends object>(type: Type<T>, key: string, options: RefOptions = {}): ActorRef<T> {
    return this.refOf<T>(type, key, options);
  }

  private refOf<T extends object>(type: Type<T> | string, key: string, options: RefOptions): ActorRef<T> {
    const { system } = this.turn.host;
    const definition = system.definitionOf(type);
    const { tenant = this.self.tenant, namespace = this.self.namespace } = options;
    const address = makeAddress(definition, key, { tenant, namespace });
    return new ActorRef<T>(
      system,
      system.classOf(definition.type),
      address,
      NO_OPTIONS,
      options.allowCrossScope ?? false,
      this.turn,
    );
  }

  spawn<T extends object>(type: Type<T>, key: string, ...args: unknown[]): ActorRef<T> {
    this.assertOutsideEffects('spawn()');
    const ref = this.actor<T>(type, key);
    this.turn.host.system.sender.createInTurn(this.turn, ref, args);
    return ref;
  }

  respawn<T extends object>(
    type: Type<T>,
    key: string,
    options: RespawnOptions<T> & RefOptions = {},
  ): Promise<ActorRef<T>> {
    const ref = this.actor<T>(type, key, options);
    return handledInTurn(this.turn.host.system.respawner.respawn(ref, options).then(() => ref));
  }

  respawnOr<T extends object>(
    type: Type<T>,
    key: string,
    options: RespawnOrOptions<T> & RefOptions,
  ): Promise<ActorRef<T>> {
    return this.respawn(type, key, options);
  }

  transact<T, M = unknown>(work: (manager: M) => Promise<T>): Promise<T> {
    this.assertOutsideEffects('transact()');
    return this.turn.transact(work as TransactCall) as Promise<T>;
  }

  deferReply<T>(): ReplyToken<T> {
    this.assertOutsideEffects('deferReply()');
    return this.replies.defer<T>();
  }

  reply<T>(token: ReplyToken<T>, value: NoInfer<T>): void {
    this.assertOutsideEffects('reply()');
    this.replies.reply(token, value);
  }

  replyError(token: ReplyToken, error: unknown): void {
    this.assertOutsideEffects('replyError()');
    this.replies.replyError(token, error);
  }

  patched(changeId: string): boolean {
    this.assertOutsideEffects('patched()');
    return this.turn.patched(changeId);
  }

  checkpoint(): void {
    this.turn.assertRunning('checkpoint');
    this.turn.checkpointWanted = true;
  }

  saveSnapshot(storage: PersistentStorage): Promise<void> {
    return saveFromTurn(this.turn, storage);
  }

  monitor(target: Addressed, handler: string): string {
    this.assertOutsideEffects('monitor()');
    const { turn } = this;
    const { address, system } = turn.host;
    system.classOf(address.id.type).handler(handler);
    const id = `${turn.received.id}/monitor/${String(turn.nextOrdinal('handler'))}`;
    turn.afterCommit(() => system.supervision.links.monitor(id, address, addressOf(target), handler));
    return id;
  }

  demonitor(monitor: string): void {
    this.turn.afterCommit(() => this.turn.host.system.supervision.links.demonitor(monitor));
  }

  link(target: Addressed): void {
    this.assertOutsideEffects('link()');
    const { address, system } = this.turn.host;
    this.turn.afterCommit(() => system.supervision.links.link(address, addressOf(target)));
  }

  unlink(target: Addressed): void {
    const { address, system } = this.turn.host;
    this.turn.afterCommit(() => system.supervision.links.unlink(address, addressOf(target)));
  }

  facet<T>(name: string): T {
    const { host } = this.turn;
    return serviceOf(findFacet(this.turn.actorId, host.facets, name), this.turn) as T;
  }

  /** The side effect this is called in. It does not run again with its handler, so it may not move what the handler sees. */
  private get effect(): EffectContext | null {
    return frames.getStore()?.effect ?? null;
  }

  private get replies(): TurnReplies {
    return (this.turn.replies ??= new TurnReplies(this.turn));
  }

  private get dice(): Deterministic {
    const { effect } = this;
    return effect === null ? this.turn.deterministic : diceOf(effect);
  }

  /** @throws NoActorContextError */
  private assertOutsideEffects(act: string): void {
    if (this.effect !== null) throw new NoActorContextError(`ctx.${act} inside a side effect`);
  }

  private selfRef(): ActorRef<object> {
    const { system, address } = this.turn.host;
    return new ActorRef(system, system.classOf(address.id.type), address, NO_OPTIONS);
  }
}

/** Lines of a message that is run again on its records were logged the first time. */
class TurnLogger implements LoggerService {
  constructor(private readonly turn: Turn) {}

  log(message: unknown): void {
    if (this.isHeard) this.logger.log(message);
  }

  error(message: unknown): void {
    if (this.isHeard) this.logger.error(message);
  }

  warn(message: unknown): void {
    if (this.isHeard) this.logger.warn(message);
  }

  debug(message: unknown): void {
    if (this.isHeard) this.logger.debug(message);
  }

  verbose(message: unknown): void {
    if (this.isHeard) this.logger.verbose(message);
  }

  private get isHeard(): boolean {
    return !this.turn.isReplay;
  }

  private get logger(): Logger {
    return new Logger(this.turn.actorId);
  }
}
