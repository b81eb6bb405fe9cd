import { type ActorId, type Env, failpoint, isPlexSpacesError } from '#spi';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import { activateHooks } from '../facet/facet-lifecycle';
import { ActorFailedError, ActorTerminatedError } from '../errors';
import { isAbsence } from '../turn/classify-error';
import type { Turn } from '../turn/turn';
import { leaveInstance } from './activation-hooks';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import { Timed } from './deadline-queue';
import type { ActorState } from './lifecycle-events';
import { Mailbox } from './mailbox';
import type { Message } from './message';
import { Source } from './source';
import { CREATE } from './system-messages';
import type { SystemPort } from './system-port';
import type { TurnHost } from './turn-host';
import { WaitList } from './wait-list';

/** Messages handled in one go before timers and I/O get their turn again. */
const BURST = 256;

/** Why an activation left memory. */
export type Departure = 'passive' | 'terminated' | 'failed';

/**
 * One actor in memory, from Creating until it is released. It owns the mailbox and the life-cycle state; how a turn
 * is carried out and what makes it final is the subclass's.
 *
 *  A1. At most one turn runs; the next starts after `turnEnded` (P2).
 *  A2. Nothing starts before `load` succeeded; messages that come earlier wait.
 *  A3. Once released nothing starts; every message it still had was answered, failed, or is a stored row.
 *  A4. It is idle exactly while nothing runs, waits or is on its way to the store; only then does it passivate.
 */
export abstract class Activation extends Timed implements TurnHost {
  state: ActorState = 'Creating';
  /** It waits in the system's run queue. */
  scheduled = false;
  lastAccessed: number;
  facets: readonly ResolvedFacet[];
  chain: FacetChain;
  /** `false` while a turn runs, or something else holds the line. */
  protected free = false;
  released = false;
  /** It was given up because this node may not act any more. */
  isForsaken = false;
  readonly mailbox = new Mailbox();
  private inBurst = false;
  private sources: Map<string, Source> | null = null;
  isOpen = false;
  private readonly untilOpen = new WaitList();
  private readonly untilIdle = new WaitList();

  constructor(
    readonly system: SystemPort,
    readonly cls: ActorClass,
    readonly address: Address,
  ) {
    super();
    this.facets = cls.facets;
    this.chain = cls.chain;
    this.lastAccessed = system.env.now();
  }

  abstract readonly epoch: number;
  abstract readonly activationCount: number;
  abstract readonly instance: object;
  /** Its first turn has ended well, or it needs none. */
  abstract exists: boolean;
  abstract facetState(name: string): unknown;
  abstract setFacetState(name: string, value: unknown): void;
  abstract turnTooOld(turn: Turn, error: Error): void;
  /** Ends the running turn and whatever waits with `error`; an actor being stopped goes on to its last message. */
  abstract abandon(error: Error): void;
  /** Recovers the state and makes the instance. */
  protected abstract load(): Promise<void>;
  /** Starts the turn of `message`; `turnEnded` follows when the next may start. */
  protected abstract start(message: Message): void;
  /** Nothing is under way besides the mailbox. */
  protected abstract readonly isSettled: boolean;
  /** A passivation was overtaken by a message: hooks have run, so a new instance is needed. */
  protected abstract reopen(): void;

  /** Its creation is first in line. */
  get isBeingCreated(): boolean {
    return this.mailbox.head?.handler === CREATE;
  }

  /** It begins to exist with the message at the head of the line. */
  protected get awaitsCreation(): boolean {
    return this.isBeingCreated && !this.exists;
  }

  get actor(): ActorId {
    return this.address.id;
  }

  get actorId(): string {
    return this.address.encoded;
  }

  get env(): Env {
    return this.system.env;
  }

  get waiting(): number {
    return this.mailbox.count;
  }

  get waitingBytes(): number {
    return this.mailbox.bytes;
  }

  get isIdle(): boolean {
    return this.free && this.mailbox.count === 0 && this.isSettled;
  }

  /** Loads and initialises; then the line moves. Never rejects: who waits is told. */
  async open(): Promise<void> {
    const reason = this.isBeingCreated ? 'spawn' : 'message';
    this.system.events.emit(this.address.id, null, 'Creating', reason);
    try {
      await this.load();
    } catch (error) {
      this.failOpening(error);
      return;
    }
    if (!this.awaitsCreation && !this.released) this.become('Active', reason);
    this.isOpen = true;
    this.untilOpen.resolve();
    this.turnEnded();
  }

  whenOpen(): Promise<void> {
    return this.isOpen ? Promise.resolve() : this.untilOpen.wait();
  }

  /** Resolves when it is idle, or has left. */
  whenIdle(): Promise<void> {
    if (this.isIdle || this.released || this.isHeld) return Promise.resolve();
    return this.untilIdle.wait();
  }

  sourceFor(receiver: string): Source {
    let source = (this.sources ??= new Map<string, Source>()).get(receiver);
    if (source === undefined) this.sources.set(receiver, (source = new Source()));
    return source;
  }

  enqueue(message: Message): void {
    this.mailbox.push(message);
    failpoint('mailbox.afterEnqueue');
    if (this.timedIn !== null) this.timedIn.remove(this);
    if (this.free && !this.scheduled) this.system.schedule(this);
  }

  /** Works through the line until a turn has to wait, the line is empty, or the burst is over. */
  run(): void {
    this.scheduled = false;
    for (let left = BURST; this.free && left > 0; left--) {
      const message = this.mailbox.shift();
      if (message === null) return this.rest();
      this.free = false;
      this.lastAccessed = this.env.now();
      this.inBurst = true;
      failpoint('mailbox.beforeDispatch');
      this.start(message);
      this.inBurst = false;
    }
    if (!this.free) return;
    if (this.mailbox.count === 0) this.rest();
    else this.env.immediate(() => this.system.schedule(this));
  }

  /** Idle for too long, or the node stops: gives up the instance, keeps the state. */
  async passivate(reason: 'idle' | 'shutdown'): Promise<void> {
    this.free = false;
    failpoint('passivate.before');
    await leaveInstance(this);
    failpoint('passivate.beforeFlush');
    await this.finishWriting();
    failpoint('passivate.afterFlush');
    if (this.mailbox.count > 0) {
      this.reopen(); // a message came meanwhile
      return;
    }
    this.release('passive');
    this.become('Inactive', reason);
  }

  /** What it writes off the path of turns. */
  protected finishWriting(): Promise<void> {
    return Promise.resolve();
  }

  /** After a passivation that was overtaken. */
  protected async reactivate(): Promise<void> {
    try {
      await activateHooks(this.chain.facets, this);
    } catch (error) {
      this.failOpening(error);
      return;
    }
    this.turnEnded();
  }

  /** Nothing will run until something outside changes. */
  get isHeld(): boolean {
    return false;
  }

  /** The idle clock has run out. */
  expire(): void {
    if (this.isIdle) void this.passivate('idle');
  }

  /** Something threw where nothing may: the actor ends here, what is stored resumes in a new activation. */
  defect(error: unknown): void {
    this.system.logger.error(
      `Defect while running ${this.address.encoded}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.giveUp(new ActorFailedError(this.address.encoded, 'a turn', { cause: error }));
  }

  giveUp(error: Error): void {
    if (!this.released) this.abandon(error);
    if (!this.released) this.release('failed');
  }

  /** The line moves on; outside a burst it has to be woken. */
  turnEnded(): void {
    if (this.released) return;
    this.free = true;
    if (this.inBurst) return;
    if (this.mailbox.count === 0) this.rest();
    else if (!this.scheduled) this.system.schedule(this);
  }

  /** Starts the idle clock where the class has one. */
  rest(): void {
    if (this.released || !this.isIdle) return;
    if (this.cls.idle !== null && this.timedIn === null) this.cls.idle.add(this);
    this.untilIdle.resolve();
  }

  /** A reader came by: the idle clock starts anew when it has left. */
  touch(): void {
    this.lastAccessed = this.env.now();
    if (this.timedIn !== null) this.timedIn.remove(this);
  }

  become(state: ActorState, reason: string, error?: unknown): void {
    const from = this.state;
    if (from === state) return;
    this.state = state;
    this.system.events.emit(this.address.id, from, state, reason, error);
  }

  /** Its last turn is over. */
  protected async terminate(message: Message): Promise<void> {
    this.free = false;
    await leaveInstance(this);
    await this.finishWriting();
    this.release('terminated');
    this.become('Terminated', 'stop');
    failpoint('terminate.beforeAnswer');
    const behind = this.mailbox.takeAll();
    if (this.cls.definition.virtual === null) this.failAll(behind, new ActorTerminatedError(this.address.encoded));
    message.answer(undefined);
    message.leave();
    if (this.cls.definition.virtual !== null) for (const next of behind) this.system.deliver(next); // it activates anew
  }

  protected failOpening(error: unknown): void {
    const known = isPlexSpacesError(error)
      ? error
      : new ActorFailedError(this.address.encoded, 'activation', { cause: error });
    if (this.state !== 'Failed' && !isAbsence(known.code)) this.become('Failed', 'error', error);
    this.release('failed');
    this.untilOpen.reject(known);
    this.failAll(this.mailbox.takeAll(), known);
  }

  protected release(departure: Departure): void {
    this.released = true;
    this.free = false;
    if (this.timedIn !== null) this.timedIn.remove(this);
    this.system.released(this, departure);
    this.untilIdle.resolve();
  }

  protected failAll(messages: readonly Message[], error: unknown): void {
    for (const message of messages) this.system.adrift.add(message); // all of them: the first to leave may bring up the next activation
    for (const message of messages) {
      message.fail(error);
      message.leave();
    }
  }
}
