import type { StateImage } from '#journal';
import { releasePlainAnswer } from '../deferred/release-turn';
import { ActorNotFoundError, ActorTerminatedError } from '../errors';
import { isPromise } from '../facet/is-promise';
import { DefaultAnswer } from '../facet/outcomes';
import type { Creation } from '../persistence/creation';
import { findState } from '../persistence/load-snapshot';
import { Snapshotter } from '../persistence/snapshotter';
import { PlainTurn } from '../turn/plain-turn';
import { decideRetryDelay } from '../turn/retry-policy';
import { planOn } from '../planning/settle-occurrence';
import { runHandler } from '../turn/run-handler';
import type { Turn } from '../turn/turn';
import { ReentrantCalls } from '../waits/reentrant-calls';
import { Activation } from './activation';
import { openFacets } from './activation-hooks';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import { restoreFacets } from './change-facets';
import { changePlainFacets } from './change-plain-facets';
import { copyAnswer } from './copy-across';
import type { Verdict } from './judge-failure';
import { giveUp, judgePlainTurn } from './judge-plain-turn';
import type { Message } from './message';
import { type PassiveState, PlainInstance } from './plain-instance';
import type { Source } from './source';
import { ATTACH, CREATE, DETACH, STOP } from './system-messages';
import { answerExisting } from './system-turns';
import type { SystemPort } from './system-port';
import { terminateActor } from './terminate-actor';
import { goOnAfter, leavePlainTurn } from './turn-leaves';

/**
 * An actor without a journal: P1, P2, P7 and P12 in memory.
 *
 *  N1. It goes on from the state after the last turn that succeeded, wherever that was kept meanwhile.
 *  N2. A failed turn's instance is never used again; the next turn waits for a new one.
 */
export class PlainActivation extends Activation {
  readonly epoch = 0;
  readonly activationCount: number;
  readonly live: PlainInstance;
  readonly snapshots: Snapshotter | null;
  turn: PlainTurn | null = null;
  /** It holds the line without a turn: it failed and waits for its next start, or its facets are being changed. */
  paused: Message | null = null;
  private readonly calls: ReentrantCalls | null;
  exists: boolean;

  constructor(system: SystemPort, cls: ActorClass, address: Address, passive: PassiveState | null) {
    super(system, cls, address);
    this.live = new PlainInstance(this, passive);
    this.activationCount = (passive?.activationCount ?? 0) + 1;
    this.exists = passive !== null;
    this.snapshots = Snapshotter.for(this, () => this.rollbackPoint);
    this.calls = cls.hasReentrant ? new ReentrantCalls(this) : null;
  }

  get instance(): object {
    return this.live.object;
  }

  facetState(name: string): unknown {
    return this.live.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    this.live.setFacetState(name, value);
  }

  removeFacetState(name: string): void {
    this.live.removeFacetState(name);
  }

  /** The state to go on from elsewhere. */
  get rollbackPoint(): StateImage {
    return this.live.rollbackPoint;
  }

  /** Another activation takes over: this one is over, and what waits moves on. */
  handOver(): readonly Message[] {
    const waiting = this.mailbox.takeAll();
    this.release('passive');
    return waiting;
  }

  /** What stays in memory of a virtual actor that leaves; `null` when it never came to be. */
  get passive(): PassiveState | null {
    if (!this.exists) return null;
    const { activationCount, lastAccessed, rollbackPoint: image } = this;
    return { image, activationCount, lastAccessed, runtimeArgs: this.live.runtimeArgs };
  }

  protected get isSettled(): boolean {
    return this.turn === null && !this.live.isRead;
  }

  reentrantTurnOf(source: Source): PlainTurn | null {
    return this.calls?.turnOf(source) ?? null;
  }

  protected async load(): Promise<void> {
    const creation = this.isBeingCreated ? (this.mailbox.head?.system as Creation) : null;
    const image = this.exists ? this.live.rollbackPoint : await findState(this.system, this.address, creation);
    this.live.runtimeArgs = creation?.runtimeArgs ?? this.live.runtimeArgs;
    this.exists = image !== null;
    if (image !== null) restoreFacets(this, image);
    await this.live.open(image);
    await openFacets(this, image === null);
    this.live.keep();
    this.exists ||= !this.awaitsCreation;
  }

  override enqueue(message: Message): void {
    if (message.handler.readOnly && this.state !== 'Creating') this.read(message);
    else if (message.handler === CREATE && this.awaitsLife) this.mailbox.putBack([message]);
    else if (!message.handler.reentrant || this.calls?.enter(message) !== true) super.enqueue(message);
  }

  /** Its supervisor is to create it anew; what stands in line came before that. */
  private get awaitsLife(): boolean {
    return (
      !this.isOpen && !this.exists && !this.isBeingCreated && this.cls.definition.virtual === null && this.waiting > 0
    );
  }

  /** Read-only messages pass the line; the sender has held them back behind its own earlier ones. */
  private read(message: Message): void {
    this.touch();
    void this.live.read(message).then(() => this.rest());
  }

  protected start(message: Message): void {
    if (message.startBefore !== 0 && !message.isAsked) return this.finished(message); // its asker has given up
    if (message.handler.readOnly) {
      this.read(message);
      return this.turnEnded();
    }
    if (message.handler === ATTACH || message.handler === DETACH) return changePlainFacets(this, message);
    if (message.handler === CREATE && this.exists) {
      answerExisting(message);
      return this.finished(message);
    }
    const turn = new PlainTurn(this, message, this.instance);
    this.turn = turn;
    let value: unknown;
    try {
      value = runHandler(turn, this.chain);
    } catch (error) {
      return this.failed(turn, error);
    }
    if (!isPromise(value)) return this.succeeded(turn, value);
    this.cls.turnAges.add(turn);
    value.then(
      (answer: unknown) => this.succeeded(turn, answer),
      (error: unknown) => this.failed(turn, error),
    );
  }

  turnTooOld(turn: Turn, error: Error): void {
    if (this.turn !== null && turn === this.turn) this.failed(this.turn, error);
  }

  abandon(error: Error): void {
    const { turn, paused } = this;
    this.paused = null;
    const first = turn?.received ?? paused;
    this.failAll([...(first === null ? [] : [first]), ...this.mailbox.takeAll()], error);
    if (turn !== null) this.endTurn(turn, error);
    if (!(error instanceof ActorTerminatedError)) return void this.finishWriting(); // the node stops: what had completed is saved
    if (turn !== null || paused !== null) this.renewThen(() => this.turnEnded()); // N2: what was there may be half a turn's
  }

  override async finishWriting(): Promise<void> {
    await this.snapshots?.finish();
  }

  interruptTurn(error: Error): boolean {
    const { turn } = this;
    if (turn === null) return false;
    this.endTurn(turn, error);
    this.mailbox.putBack([turn.received]);
    this.renewThen(() => this.turnEnded());
    return true;
  }

  private succeeded(turn: PlainTurn, value: unknown): void {
    if (turn !== this.turn || !this.system.mayAct()) return; // ended already: too old, stopped, or not ours any more
    const undone = this.calls?.whyUndone(turn) ?? null;
    if (undone !== null) return this.failed(turn, undone.error);
    if (value instanceof DefaultAnswer)
      return this.endWithout(turn, () => turn.received.answer(copyAnswer(value.value, this)));
    const committing = this.chain.commits ? this.chain.commit(turn, value, undefined) : undefined;
    if (!isPromise(committing)) return this.conclude(turn, value);
    committing.then(
      () => this.conclude(turn, value),
      (error: unknown) => this.failed(turn, error),
    );
  }

  private conclude(turn: PlainTurn, value: unknown): void {
    if (turn !== this.turn || !this.system.mayAct()) return;
    const undone = this.calls?.whyUndone(turn) ?? null; // one may have come in while facets added to the commit
    if (undone !== null) return this.failed(turn, undone.error);
    const { received } = turn;
    let answer: unknown;
    try {
      answer = copyAnswer(value, this);
      planOn(turn);
      this.live.keep();
    } catch (error) {
      return this.failed(turn, error);
    }
    this.live.turnSucceeded();
    this.exists = true;
    this.endTurn(turn);
    this.snapshots?.turnCompleted(turn.checkpointWanted);
    leavePlainTurn(this, turn);
    if (received.handler === CREATE) this.become('Active', 'spawn');
    if (received.handler === STOP) return void terminateActor(this, received);
    releasePlainAnswer(turn, answer);
    this.finished(received);
  }

  finished(message: Message): void {
    message.leave();
    this.turnEnded();
  }

  private failed(turn: PlainTurn, error: unknown): void {
    if (turn === this.turn && this.system.mayAct()) this.carryOut(judgePlainTurn(turn.received, error), turn);
  }

  private carryOut(verdict: Verdict, turn: PlainTurn): void {
    const { received } = turn;
    if (verdict.kind === 'answer') return this.endWithout(turn, () => received.fail(verdict.error));
    const cause = verdict.kind === 'forget' ? verdict.error : verdict.cause;
    this.crash(cause);
    if (verdict.kind === 'retry') {
      const delayMs = decideRetryDelay(verdict.policy, received.attempts++, this.env.random());
      received.retryAt = this.env.now() + delayMs;
      this.endTurn(turn, cause);
      this.paused = received;
      return this.renewThen(() => this.later(() => this.unlessGone(received, () => this.start(received)), delayMs));
    }
    if (verdict.kind === 'forget') return this.endWithout(turn, () => received.fail(cause));
    const givenUp = giveUp(this.system, received, cause);
    this.endWithout(turn, () => received.fail(givenUp));
  }

  /** Goes on with a message that held the line without a turn, unless a stop has taken it over meanwhile. */
  unlessGone(message: Message, next: () => void): void {
    if (this.released || this.paused !== message) return;
    this.paused = null;
    next();
  }

  /** The turn leaves nothing but its answer: the instance may hold half of it, so a new one takes over (N2). */
  private endWithout(turn: PlainTurn, answer: () => void): void {
    const { received } = turn;
    this.endTurn(turn, new Error('the turn failed'));
    if (received.handler === CREATE) {
      answer();
      received.leave();
      return this.failOpening(new ActorNotFoundError(this.address.encoded));
    }
    this.paused = received;
    const end = (): void => {
      answer();
      goOnAfter(this, received);
      this.finished(received);
    };
    this.renewThen(() => this.unlessGone(received, end));
  }

  private endTurn(turn: PlainTurn, abortWith?: unknown): void {
    if (turn.timedIn !== null) turn.timedIn.remove(turn);
    turn.ended = true;
    this.turn = null;
    this.calls?.turnEnded(turn);
    if (abortWith !== undefined) turn.abort(abortWith);
  }

  makeInstance(): Promise<boolean> {
    return this.live.renew();
  }

  cannotRenew(error: unknown): void {
    if (this.paused !== null) this.failAll([this.paused], error); // its asker is told here, or nowhere
    this.paused = null;
    this.failOpening(error);
  }
}
