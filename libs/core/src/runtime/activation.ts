import { type ActorId, type Env, failpoint } from '#spi';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import { isAbsence } from '../turn/classify-error';
import type { Turn } from '../turn/turn';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import { Timed } from './deadline-queue';
import { failMessages } from './fail-messages';
import type { ActorState, Departure } from './lifecycle-events';
import { Mailbox } from './mailbox';
import type { Message } from './message';
import { openLater, openingError } from './open-later';
import { passivateActor } from './passivate-actor';
import type { Reins } from './reins';
import { renewThen } from './renew-then';
import { type Source, SourceTable } from './source';
import { CREATE } from './system-messages';
import type { SystemPort } from './system-port';
import type { TurnHost } from './turn-host';
import { WaitList } from './wait-list';

/** Messages handled in one go before timers and I/O get their turn again. */
const BURST = 256;

/**
 * One actor in memory, from Creating until it is released. It owns the mailbox and the life-cycle state; how a turn
 * is carried out and what makes it final is the subclass's.
 *
 *  A1. At most one turn runs; the next starts after `turnEnded` (P2).
 *  A2. Nothing starts before `load` succeeded; messages that come earlier wait.
 *  A3. Once released nothing starts, and what comes of it still is nobody's news; every message it still had was
 *      answered, failed, or is a stored row.
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
  reins: Reins | null; // nobody's child has none
  private inBurst = false;
  private readonly sources = new SourceTable();
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
    this.reins = system.supervision.reinsOf(address.encoded);
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
  /** The instance of the next turn. @returns `false` when another one was asked for meanwhile, which takes its place */
  abstract makeInstance(): Promise<boolean>;
  /** There is none to go on with. */
  abstract cannotRenew(error: unknown): void;
  /** Ends the running turn, if there is one, without a trace; its message runs again, first in line. */
  abstract interruptTurn(error: Error): boolean;

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
      if (this.reins !== null) await this.reins.passGate();
      if (this.released) return;
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
    return this.isIdle || this.released || this.isHeld ? Promise.resolve() : this.untilIdle.wait();
  }

  sourceFor(receiver: string): Source {
    return this.sources.of(receiver);
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
    for (let left = BURST; this.mayRun && left > 0; left--) {
      const message = this.mailbox.shift();
      if (message === null) return this.rest();
      this.free = false;
      this.lastAccessed = this.env.now();
      this.inBurst = true;
      failpoint('mailbox.beforeDispatch');
      this.start(message);
      this.inBurst = false;
    }
    if (!this.mayRun) return;
    if (this.mailbox.count === 0) this.rest();
    else this.env.immediate(() => this.system.schedule(this));
  }

  /** Idle for too long, one too many, or the node stops: gives up the instance, keeps the state. */
  passivate(reason: 'idle' | 'limit' | 'shutdown'): Promise<void> {
    return passivateActor(this, reason);
  }

  /** What it writes off the path of turns. */
  finishWriting(): Promise<void> {
    return Promise.resolve();
  }

  /** Nothing will run until something outside changes. */
  get isHeld(): boolean {
    return this.reins?.isTight === true;
  }

  /** No turn is under way, nor anything that would start one. */
  get isQuiet(): boolean {
    return this.free;
  }

  /** Stopping ends its stay in memory, not the actor. */
  get endures(): boolean {
    return this.cls.definition.virtual !== null || this.reins?.returns === true;
  }

  /** Loaded, and there: it takes messages. */
  get isUp(): boolean {
    return this.isOpen && (this.exists || this.cls.definition.virtual !== null);
  }

  private get mayRun(): boolean {
    return this.free && this.reins?.isTight !== true;
  }

  /** The idle clock has run out. */
  expire(): void {
    if (this.isIdle && !this.isHeld) void this.passivate('idle');
  }

  giveUp(error: Error): void {
    if (!this.released) this.abandon(error);
    if (!this.released) this.release('failed');
    this.untilOpen.reject(error);
  }

  /** The line moves on; outside a burst it has to be woken. */
  turnEnded(): void {
    if (this.released) return;
    this.free = true;
    if (this.reins?.isTight === true) return this.reins.stands();
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

  /** Whoever holds the line now lets the next turn in. */
  closeLine(): void {
    this.free = false;
  }

  /** An ordinary error has ended a turn or an opening: its supervisor hears of it, if it has one. */
  crash(error: unknown): void {
    if (this.released) return; // A3: the reins are its successor's by now
    this.become('Failed', 'error', error);
    this.reins?.crashed(error, this.isUp);
  }

  /** Goes on with `next` in a while; where a supervisor has the line stand still then, when it moves again. */
  later(next: () => void, delayMs: number): void {
    if (this.reins === null) this.env.schedule(next, delayMs);
    else this.reins.wait(next, delayMs);
  }

  /** A new instance from the end of the last turn, then `next`. */
  renewThen(next: () => void): void {
    renewThen(this, next);
  }

  failOpening(error: unknown): void {
    const known = openingError(this.actorId, error);
    if (this.state !== 'Failed' && !isAbsence(known.code)) this.crash(error);
    this.release('failed');
    this.untilOpen.reject(known);
    openLater(this, known);
  }

  release(departure: Departure): void {
    if (this.released) return;
    this.released = true;
    this.free = false;
    if (this.timedIn !== null) this.timedIn.remove(this);
    this.system.released(this, departure);
    this.reins?.left(departure);
    this.untilIdle.resolve();
  }

  failAll(messages: readonly Message[], error: unknown): void {
    failMessages(this.system, messages, error);
  }
}
