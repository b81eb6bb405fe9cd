import type { ActorId, RowStatement } from '#spi';
import type { ActorContext } from '../actor/actor-context';
import type { ActorDefinition } from '../actor/actor-definition';
import type { FacetMessage } from '../facet/facet';
import { Plan } from '../planning/plan';
import type { TurnReplies } from '../deferred/turn-replies';
import type { TurnPort } from '../facet/turn-port';
import { TurnEndedError, TurnTimeoutError } from '../errors';
import { Timed } from '../runtime/deadline-queue';
import type { Message } from '../runtime/message';
import type { TurnHost } from '../runtime/turn-host';
import { ContextView } from './context-view';
import { Deterministic } from './deterministic';
import type { EffectCall, EffectContext } from './effect-call';
import type { Frame } from './frame';
import type { TransactCall } from './turn-transaction';
import { EFFECT_RETRY, type RetryPolicy } from './retry-policy';

/** One recorded act as it is asked for: a side effect of the handler or of a facet, an ask. */
export interface Act {
  readonly scope: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly retry: RetryPolicy;
  readonly timeoutMs: number;
}

/**
 * The processing of one message (P2). It owns what the handler does besides changing fields: acts, sends, the
 * abort signal, the ranks of acts. The activation owns the instance, the order of turns and the commit.
 *
 *  T1. After `ended` no act starts and no send is taken: a branch that was not awaited meets TurnEndedError.
 *  T2. Ranks rise from 0 per scope in the order of the calls; ids of sends and keys of effects derive from them.
 *  T3. Sends leave when the activation says so, in the order they were made, or never.
 */
export abstract class Turn extends Timed implements TurnPort, Frame {
  readonly effect: EffectContext | null = null;
  ended = false;
  /** Messages that leave with the commit. */
  sends: Message[] | null = null;
  /** What facets planned in it; `null` for nothing. */
  plan: Plan | null = null;
  checkpointWanted = false;
  /** What it does about answers that are not its own; most turns do nothing. */
  replies: TurnReplies | null = null;
  /** The turn that this one, a reentrant call, runs inside of. */
  inside: Turn | null = null;
  /** Its message left records in the journal before this run. */
  resumed = false;
  private endReported = false;
  private controller: AbortController | null = null;
  private view: ActorContext | null = null;
  private dice: Deterministic | null = null;
  private facetView: FacetMessage | null = null;

  constructor(
    readonly host: TurnHost,
    readonly received: Message,
    /** The instance the handler runs on. */
    readonly instance: object,
  ) {
    super();
    received.beginRun(this);
  }

  get turn(): this {
    return this;
  }

  get definition(): ActorDefinition {
    return this.host.address.definition;
  }

  get actor(): ActorId {
    return this.host.address.id;
  }

  get actorId(): string {
    return this.host.address.encoded;
  }

  /** Fencing token of the activation. */
  get epoch(): number {
    return this.host.epoch;
  }

  get context(): ActorContext {
    return (this.view ??= new ContextView(this));
  }

  get deterministic(): Deterministic {
    return (this.dice ??= new Deterministic(this.received.actsAs));
  }

  get isAborted(): boolean {
    return this.controller?.signal.aborted ?? false;
  }

  get signal(): AbortSignal {
    return (this.controller ??= new AbortController()).signal;
  }

  get message(): FacetMessage {
    return (this.facetView ??= facetMessage(this.received));
  }

  /** Done when the turn is durable; never when it leaves no trace. */
  onCommit: (() => void) | null = null;

  /** Does this as well when the turn is durable. */
  afterCommit(act: () => void): void {
    const { onCommit } = this;
    this.onCommit = () => {
      onCommit?.();
      act();
    };
  }

  /** @throws what says that this turn plans nothing */
  get planning(): Plan {
    return (this.plan ??= new Plan(this));
  }

  /** When its message was received, where that is recorded. */
  get receivedAt(): number | null {
    return null;
  }

  /** By the clock that {@link now} tells. */
  get startedAt(): number {
    return this.receivedAt ?? this.now();
  }

  /** Deterministic wall clock of the turn. */
  abstract now(): number;
  abstract readonly isReplay: boolean;
  abstract hasRecordOf(scope: string): boolean;
  /** The next rank within `scope`. */
  abstract nextOrdinal(scope: string): number;
  /** Carries out one recorded act. Never throws; its promise may be left unawaited. */
  abstract act(act: Act, call: EffectCall<unknown>): Promise<unknown>;
  /** The same for a wait. */
  abstract sleep(delayMs: number): Promise<void>;
  abstract patched(changeId: string): boolean;
  /** Runs `work` in a transaction that the turn's commit is part of; the last act there is. Like `act` in all else. */
  abstract transact(work: TransactCall): Promise<unknown>;
  /** Takes a statement that runs with the commit. @throws what says that this turn writes no rows, and what `compile` throws */
  abstract queueRow(act: string, compile: () => RowStatement): void;
  /** With so many waits that never end the turn itself never ends. */
  abstract readonly waitsToBeStuck: number;
  abstract readonly recordedActs: readonly { readonly name: string; readonly fromRecord: boolean }[];

  /** An act that reaches outside, as opposed to an ask: a test kit may stand in for it. */
  sideEffect(act: Act, call: EffectCall<unknown>): Promise<unknown> {
    const { probe } = this.host.system;
    return this.act(act, probe === null ? call : probe.effect(this, act, call));
  }

  facetState(name: string): unknown {
    return this.host.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    if (!this.ended) this.host.setFacetState(name, value);
  }

  facetEffect<T>(scope: string, name: string, call: EffectCall<T>): Promise<T> {
    return this.sideEffect({ scope, name, args: [], retry: EFFECT_RETRY, timeoutMs: 0 }, call) as Promise<T>;
  }

  /** Takes a send; it leaves with the commit. */
  tell(message: Message): void {
    this.assertRunning(`tell ${message.handler.name}`);
    (this.sends ??= []).push(message);
  }

  /** A late answer, or its own put off, is part of the commit. @param bytes of the answer */
  takeReply(act: string, _bytes: number): void {
    this.assertRunning(act);
  }

  /** A tell to that actor leaves with the commit, one of a turn of its own actor that this one runs inside of included. */
  hasSendTo(receiver: string): boolean {
    if (this.sends?.some((send) => send.to.encoded === receiver) === true) return true;
    if (this.inside === null) return false;
    for (let asking = this.received.askingTurn; asking !== null; asking = asking.received.askingTurn)
      if (asking.actorId === this.actorId) return asking.hasSendTo(receiver);
    return this.inside.hasSendTo(receiver);
  }

  abort(reason: unknown): void {
    (this.controller ??= new AbortController()).abort(reason);
  }

  assertRunning(act: string): void {
    if (this.ended) throw this.endedError(act);
  }

  /** Logged once, since the branch that meets it is one nobody awaits. */
  endedError(act: string): TurnEndedError {
    const error = new TurnEndedError(this.actorId, this.received.handler.name, act);
    if (!this.endReported) this.host.system.logger.error(error.message);
    this.endReported = true;
    return error;
  }

  /** It has held the line for `maxTurnAge`. */
  expire(): void {
    this.host.turnTooOld(
      this,
      new TurnTimeoutError(this.actorId, this.received.handler.name, this.definition.maxTurnAgeMs),
    );
  }
}

function facetMessage(message: Message): FacetMessage {
  return {
    messageId: message.id,
    senderId: message.trail.sender,
    messageType: message.handler.name,
    payload: message.args,
    metadata: message.trail.headers,
    principal: message.trail.principal,
    correlationId: message.correlationId,
  };
}
