import { type OpenTurn, toErrorRecord } from '#journal';
import { ClosedLine } from '../dead-letters/closed-line';
import { ActorNotFoundError, ActorTerminatedError, TurnEndedError } from '../errors';
import { DURABILITY, type DurabilityConfig } from '../facet/durability.facet';
import type { DurableTurn } from '../turn/durable-turn';
import type { DurableTurnHost } from '../turn/durable-turn-host';
import type { PendingEntry } from '../turn/effect-record';
import type { Turn } from '../turn/turn';
import { Activation } from './activation';
import { openFacets } from './activation-hooks';
import { Adoption } from './adoption';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import { Checkpointer } from './checkpointer';
import type { CommitLine } from './commit-line';
import { DueRows } from './due-rows';
import { DurableInstance } from './durable-instance';
import { DurableReads } from './durable-reads';
import { interruptTurn } from './interrupt-turn';
import { KnownMessages } from './known-messages';
import type { Departure } from './lifecycle-events';
import type { Message } from './message';
import { openLine } from './open-line';
import { mergeLine } from './pending-messages';
import type { PlainActivation } from './plain-activation';
import { recoverActor } from './recover-actor';
import { collapseWith, renewInstance } from './renew-instance';
import { resumeMessage } from './resume-message';
import { parkStep, recordsStep } from './steps';
import { CREATE, isUnparking, STOP } from './system-messages';
import type { SystemPort } from './system-port';
import { terminateActor } from './terminate-actor';
import { refuseUncreated, runSystemTurn } from './system-turns';
import { TurnRunner } from './turn-runner';
import { undoCommits } from './undo-commits';

/**
 * An actor with a journal (DESIGN §4). It owns the line, the instance and the order of turns; TurnRunner carries out
 * one message, CommitLine what is on its way to the store, and the store decides what is durable.
 *
 *  V1. An answer, a send or an effect leaves only when all before it, its own message included, is durable (P4).
 *  V2. The instance of a failed turn is never used again; the next is decoded from the end of the last turn (P7).
 *  V3. A message holds the line until it is answered or parked, retries and their waits included (P2).
 *  V4. After a refused commit every turn since is undone, and those messages run again in their order.
 */
export class DurableActivation extends Activation implements DurableTurnHost {
  activationCount = 1;
  readonly runner = new TurnRunner(this);
  readonly known: KnownMessages;
  readonly live = new DurableInstance(this);
  line!: CommitLine;
  private checkpointer!: Checkpointer;
  exists = false; // its first turn has ended well
  private readonly dueRows = new DueRows(this);
  readonly closed = new ClosedLine(this, this.mailbox, (message) => this.start(message));
  private openTurn: OpenTurn | null = null;
  readonly adoption = new Adoption();
  private readonly reads = new DurableReads(this);

  constructor(
    system: SystemPort,
    cls: ActorClass,
    address: Address,
    public durability: DurabilityConfig,
  ) {
    super(system, cls, address);
    this.known = new KnownMessages(address.encoded, cls, system);
  }

  get epoch(): number {
    return this.line.epoch;
  }

  get instance(): object {
    return this.live.object;
  }

  get isVirtual(): boolean {
    return this.cls.definition.virtual !== null;
  }

  get recordsEffects(): boolean {
    return this.durability.cacheSideEffects;
  }

  /** Code version that began the open turn this activation found. */
  get recordedVersion(): string {
    return this.openTurn?.codeVersion ?? this.cls.definition.version;
  }

  removeFacetState(name: string): void {
    this.live.removeFacetState(name);
  }

  facetState(name: string): unknown {
    return this.live.facetState(name);
  }

  setFacetState(name: string, value: unknown): void {
    this.live.setFacetState(name, value);
  }

  /** `durability` was attached to a running actor: its state becomes the first entry of a journal. */
  adopt(plain: PlainActivation): void {
    this.adoption.begin(plain.passive);
    this.facets = plain.facets;
    this.exists = true;
  }

  /** A row fell due, or was left behind: the store is asked again, now or when the running turn has ended. */
  lookAgain(): void {
    this.dueRows.expect();
    if (!this.isIdle) return;
    this.free = false;
    this.turnEnded();
  }

  override turnEnded(): void {
    if (this.closed.isClosed) return this.closed.move();
    if (!this.dueRows.areExpected || this.released) return super.turnEnded();
    void this.dueRows.takeUp().then((isDone) => {
      if (isDone) super.turnEnded();
    });
  }

  override release(departure: Departure): void {
    super.release(departure);
    if (this.dueRows.areExpected) this.system.wakeAt(this.address, this.env.now());
  }

  protected async load(): Promise<void> {
    const found = await recoverActor(this, this.mailbox);
    this.exists ||= found.exists;
    const { image: adopted } = this.adoption;
    if (adopted === null) this.facets = found.facets;
    this.chain = this.system.chains.of(this.facets);
    const attached = this.facets.find(({ name }) => name === DURABILITY);
    this.durability = (attached?.config ?? this.durability) as DurabilityConfig;
    if (this.facets !== this.cls.facets) this.system.facetsChanged(this);
    this.activationCount = found.head.epoch + 1;
    this.line = openLine(this, found, (refusal, steps) => undoCommits(this, refusal, steps));
    this.checkpointer = new Checkpointer(this, this.durability, found.turnsSinceCheckpoint);
    await this.live.open(adopted ?? found.image, adopted === null ? 'write' : 'adopt');
    if (adopted === null) await openFacets(this, found.head.seq === 0);
    this.live.facetsOpened();
    this.openTurn = found.openTurn;
    mergeLine(this, found, this.mailbox);
    if (found.poisoned !== null) this.closed.close(null, found.poisoned, true);
  }

  override enqueue(message: Message): void {
    if (message.handler.readOnly) return this.state === 'Creating' ? super.enqueue(message) : this.reads.read(message);
    if (!this.known.admit(message)) return;
    super.enqueue(message);
    this.closed.move();
  }

  /** No turn is under way, in memory or to the store. */
  get isResting(): boolean {
    return this.runner.running === null && this.line.isEmpty && !this.closed.isClosed;
  }

  protected start(message: Message): void {
    if (message.handler.readOnly) {
      this.reads.read(message);
      return this.turnEnded();
    }
    if (message.ready !== null)
      return this.runner.held.over(message, this.known.look(message), (found) => {
        const next = this.known.toStart(message, found);
        if (next === null) this.finished(message);
        else this.start(next);
      });
    if (message.isForsaken) return this.finished(message);
    if (!this.exists && !this.isVirtual && message.handler !== CREATE) return refuseUncreated(this, message);
    if (message.recovered) return resumeMessage(this, message, this.openTurn);
    this.begin(message, []);
  }

  begin(message: Message, history: readonly PendingEntry[]): void {
    if (!runSystemTurn(this, message, history.length === 0)) this.runner.run(message, history);
  }

  sync(turn: DurableTurn, synced: (error: Error | null) => void, withRecords: boolean): void {
    if (turn !== this.runner.running)
      return synced(new TurnEndedError(this.address.encoded, turn.received.handler.name, 'an effect'));
    const records = withRecords ? turn.records.takePending() : [];
    if (records.length > 0) this.line.append(recordsStep(turn.received, records, this.env.now()));
    this.line.onDurable(synced);
  }

  turnTooOld(turn: Turn, error: Error): void {
    if (turn === this.runner.running) this.runner.failed(this.runner.running, error);
  }

  turnLost(turn: DurableTurn, error: unknown): void {
    this.env.immediate(() => this.runner.failed(turn, error));
  }

  /** The turn's commit is on its way: the next one may start on the state it leaves (P2). */
  turnCommitted(turn: DurableTurn): void {
    this.live.watch();
    this.exists = true;
    if (turn.received.handler !== STOP) this.turnEnded();
  }

  /** The turn is durable, and its answer has left. */
  committed(turn: DurableTurn, succeeded: boolean): void {
    const message = turn.received;
    this.adoption.committed(message);
    this.live.turnIsDurable();
    message.leave();
    this.known.forget(message);
    this.checkpointer.turnCommitted(this.line, turn.checkpointWanted);
    if (message.handler === CREATE) this.become('Active', 'spawn');
    if (message.handler === STOP && succeeded) return void terminateActor(this, message);
    if (isUnparking(message.handler)) this.closed.unparked();
    this.rest();
  }

  /** The message is over without a commit; a repeat of it that was accepted by itself has its place. */
  finished(message: Message): void {
    message.leave();
    this.known.forget(message);
    this.mailbox.putBack(message.takeHeirs().filter((heir) => this.known.admit(heir))); // they join the first of them
    if (message.handler === CREATE && !this.exists && this.mailbox.head?.handler !== CREATE)
      return this.failOpening(new ActorNotFoundError(this.address.encoded));
    this.turnEnded();
  }

  parked(message: Message, error: Error): void {
    message.leave();
    this.known.forget(message);
    if (message.handler === CREATE && !this.exists) this.failOpening(new ActorNotFoundError(this.actorId));
    else if (this.cls.definition.onPoison === 'hold') this.closed.close(message, error, true);
    else this.turnEnded();
  }

  override get isHeld(): boolean {
    return this.closed.isClosed || super.isHeld;
  }

  override get isQuiet(): boolean {
    return (this.closed.isClosed && !this.runner.isBusy) || super.isQuiet;
  }

  makeInstance(): Promise<boolean> {
    return renewInstance(this);
  }

  cannotRenew(error: unknown): void {
    collapseWith(this, error);
  }

  interruptTurn(error: Error): boolean {
    return interruptTurn(this, error);
  }

  protected get isSettled(): boolean {
    return this.isResting && this.reads.isIdle;
  }

  override finishWriting(): Promise<void> {
    return this.checkpointer.idle();
  }

  abandon(error: Error): void {
    this.dueRows.interrupt();
    const running = this.runner.interrupt(error) ?? this.closed.message;
    this.failAll([...(running === null ? [] : [running]), ...this.mailbox.takeAll()], error);
    this.known.clear();
    if (!(error instanceof ActorTerminatedError)) return this.release('failed');
    if (!this.isOpen) return; // still being loaded, and then stopped
    this.closed.open();
    if (running?.opened === true) this.line.append(parkStep(running, [], toErrorRecord(error), this.env.now())); // no turn stays open before the last one
    this.renewThen(() => this.turnEnded());
  }

  /** These run again, first in line, on the last durable state, once `next` has let the line move on. */
  startOver(messages: readonly Message[], next: () => void): void {
    this.free = false;
    this.mailbox.putBack(messages);
    this.line.restart();
    next();
  }

  /** This activation ends; what is stored resumes in a new one. */
  collapse(error: unknown, messages: readonly Message[]): void {
    if (this.released) return this.failAll(messages, error); // nobody else tells who waits for them
    this.become('Failed', 'error', error);
    this.release('failed');
    this.failAll([...messages, ...this.mailbox.takeAll()], error);
    this.system.wakeAt(this.address, this.env.now() + 1_000);
  }
}
