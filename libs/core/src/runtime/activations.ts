import { CREATE, STOP } from './system-messages';
import { ActorFailedError, ActorNotFoundError, ActorTerminatedError, NodeStoppingError } from '../errors';
import { decodeActorId } from '#spi';
import type { ActorInfo } from '../actor/actor-ref';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import { type DurabilityConfig, resolveDurability } from '../facet/durability.facet';
import { endAlarms, moveAlarms } from '../planning/alarms';
import { isHeardOf } from '../deferred/delegation';
import { outsideTurns } from '../turn/frame';
import type { Activation } from './activation';
import type { ActorClass } from './actor-class';
import type { Address } from './address';
import { AttachMarks } from './attach-marks';
import { type ActorCounts, countActors } from './count-actors';
import { DurableActivation } from './durable-activation';
import { EndedActors } from './ended-actors';
import { drainActivations } from './drain';
import { startEager } from './eager-start';
import type { Departure } from './lifecycle-events';
import { fullError, isFull } from './mailbox-limit';
import type { Message } from './message';
import { PlainActivation } from './plain-activation';
import type { PassiveState } from './plain-instance';
import type { SystemPort } from './system-port';
import type { Creation } from '../persistence/creation';

/** Which actors are in memory, and what passive or stopped ones without a journal left there. Keeps Y1. */
export class Activations {
  private readonly active = new Map<string, Activation>();
  private readonly passive = new Map<string, PassiveState>();
  private readonly ended = new EndedActors();
  private readonly marks: AttachMarks;
  /** Those in memory whose facets differ from what their class declares. */
  private readonly changed = new Map<string, Activation>();

  constructor(private readonly system: SystemPort) {
    this.marks = new AttachMarks(system);
  }

  get all(): Iterable<Activation> {
    return this.active.values();
  }

  find(encoded: string): Activation | undefined {
    return this.active.get(encoded);
  }

  get isIdle(): boolean {
    for (const activation of this.active.values()) if (!activation.isIdle && !activation.isHeld) return false;
    return true;
  }

  get counts(): ActorCounts {
    return countActors(
      this.active.values(),
      Array.from(this.passive.keys(), (encoded) => decodeActorId(encoded).type),
    );
  }

  loadMarks(): Promise<void> {
    return this.marks.load();
  }

  startEager(classes: readonly ActorClass[]): Promise<void> {
    return startEager(this.system, classes);
  }

  /** This node may not act any more: everything ends where it is, and what is stored is its successor's. */
  forsake(error: Error): void {
    const forsaken = [...this.active.values()];
    this.active.clear(); // what they leave is told to the next term's: a drain that began in this one waits for nobody
    for (const activation of forsaken) {
      activation.isForsaken = true;
      this.system.deadlines.idle.left(activation);
      activation.giveUp(error);
    }
    this.system.deferred.end(() => error);
  }

  drain(limitMs: number): Promise<void> {
    return drainActivations(this.system.env, () => [...this.active.values()], limitMs).then(() =>
      this.system.deferred.close((actor) => new NodeStoppingError(actor)),
    );
  }

  deliver(message: Message): void {
    const known = this.active.get(message.to.encoded);
    if (known !== undefined && !known.released) {
      if (message.handler === STOP) stopMode(known, message);
      else if (message.row !== 'stored' && isFull(known, message)) return this.turnAway(message, fullError(known));
      return known.enqueue(message);
    }
    const activation = this.make(message.to, message.handler === CREATE ? (message.system as Creation) : null);
    if (activation instanceof Error) return this.turnAway(message, activation);
    activation.enqueue(message);
    open(activation);
  }

  chainOf(address: Address, cls: ActorClass): FacetChain {
    return this.changed.size === 0 ? cls.chain : (this.changed.get(address.encoded)?.chain ?? cls.chain);
  }

  facetsOf(address: Address): readonly ResolvedFacet[] {
    return (this.active.get(address.encoded) ?? this.system.classOf(address.id.type)).facets;
  }

  assertRoom(message: Message): void {
    const known = this.active.get(message.to.encoded);
    if (known !== undefined) {
      if (isFull(known, message)) throw fullError(known);
    } else if (!this.isDurable(message.to)) {
      const kept = this.system.supervision.refusalOf(message.to.encoded);
      if (kept !== null) throw kept;
      const isThere = message.to.definition.virtual !== null || this.isInMemory(message.to);
      if (!isThere && !this.system.supervision.comesBack(message.to.encoded))
        throw this.ended.absenceOf(message.to.encoded);
    }
  }

  async activate(address: Address): Promise<void> {
    let activation = this.active.get(address.encoded);
    if (activation === undefined) {
      const made = this.make(address, null);
      if (made instanceof Error) throw made;
      activation = made;
      open(made);
    }
    await activation.whenOpen();
  }

  /** Stored messages of a passive actor are due; an active one is told to look again. */
  wake(address: Address): void {
    const known = this.active.get(address.encoded);
    if (known instanceof DurableActivation) known.lookAgain();
    else if (known === undefined && this.system.supervision.refusalOf(address.encoded) === null)
      void this.activate(address).catch((error: unknown) => {
        this.system.logger.error(`${address.encoded} cannot take up its messages: ${String(error)}`);
      });
  }

  get({ encoded }: Address): Activation | undefined {
    return this.active.get(encoded);
  }

  /** Active, or passive without a journal. */
  isInMemory({ encoded }: Address): boolean {
    return this.active.has(encoded) || this.passive.has(encoded);
  }

  async info(address: Address): Promise<ActorInfo> {
    const { definition, encoded } = address;
    const known = this.active.get(encoded);
    if (known !== undefined)
      return {
        state: known.state,
        activationCount: known.activationCount,
        lastAccessed: known.lastAccessed,
        waiting: known.waiting,
      };
    if (this.ended.has(encoded)) return { state: 'Terminated', activationCount: 0, lastAccessed: null, waiting: 0 };
    const passive = this.passive.get(encoded);
    if (passive !== undefined)
      return {
        state: 'Inactive',
        activationCount: passive.activationCount,
        lastAccessed: passive.lastAccessed,
        waiting: 0,
      };
    const head = this.isDurable(address) ? await this.system.storage.journal.head(encoded) : null;
    if (definition.virtual !== null)
      return { state: 'Inactive', activationCount: head?.epoch ?? 0, lastAccessed: null, waiting: 0 };
    if (head === null || head.status === 'absent') throw new ActorNotFoundError(encoded);
    return {
      state: head.status === 'terminated' ? 'Terminated' : 'Inactive',
      activationCount: head.epoch,
      lastAccessed: null,
      waiting: 0,
    };
  }

  isDurable(address: Address): boolean {
    return (
      address.definition.durability !== null ||
      this.active.get(address.encoded) instanceof DurableActivation ||
      this.marks.has(address.encoded)
    );
  }

  released(activation: Activation, departure: Departure): void {
    endAlarms(activation);
    const { encoded, definition } = activation.address;
    if (this.active.get(encoded) !== activation) return;
    this.active.delete(encoded);
    this.system.deadlines.idle.left(activation);
    this.changed.delete(encoded);
    // A permanent child without a journal is started with nothing of what it owed.
    const keepsState = activation instanceof DurableActivation || definition.virtual !== null;
    if (departure === 'terminated' && !(activation.endures && keepsState))
      this.system.deferred.actorEnded(encoded, new ActorTerminatedError(encoded));
    if (departure === 'failed' && !keepsState && !activation.isForsaken) this.owesNoMore(encoded);
    if (activation instanceof DurableActivation) return this.takeBack(encoded, activation);
    if (!(activation instanceof PlainActivation)) return;
    if (definition.virtual !== null) this.keepPassive(encoded, activation.passive);
    else if (departure === 'terminated') this.ended.add(encoded);
  }

  /** Before an actor gets a journal, the store says so: after a restart it would look for none. @throws StoreFailedError */
  markDurable({ encoded }: Address): Promise<void> {
    return this.marks.store(encoded);
  }

  /** `durability` was attached at run time: the actor goes on with a journal, whose first turn holds all its state. */
  makeDurable(plain: PlainActivation, message: Message): void {
    const { address, cls } = plain;
    const facet = plain.facets.find(({ name }) => name === 'durability');
    const durable = new DurableActivation(
      this.system,
      cls,
      address,
      (facet?.config as DurabilityConfig | undefined) ?? resolveDurability({}),
    );
    durable.adopt(plain);
    this.active.set(address.encoded, durable);
    this.marks.add(address.encoded);
    moveAlarms(plain, durable);
    durable.enqueue(message);
    for (const waiting of plain.handOver()) durable.enqueue(waiting);
    open(durable);
  }

  facetsChanged(activation: Activation): void {
    const { encoded } = activation.address;
    if (this.active.get(encoded) === activation) this.changed.set(encoded, activation);
  }

  private make(address: Address, creation: Creation | null): Activation | Error {
    const { definition, encoded } = address;
    const kept = this.system.supervision.refusalOf(encoded);
    if (kept !== null) return kept;
    const cls = this.system.classOf(definition.type);
    if (this.isDurable(address)) {
      return this.add(new DurableActivation(this.system, cls, address, definition.durability ?? resolveDurability({})));
    }
    const passive = this.passive.get(encoded) ?? null;
    const mayBe = definition.virtual !== null || creation !== null || passive !== null;
    const comesBack = this.system.supervision.comesBack(encoded);
    if (!mayBe && !comesBack) return this.ended.absenceOf(encoded);
    if (creation?.revives === true) this.ended.remove(encoded);
    if (this.ended.has(encoded) && !comesBack) return new ActorTerminatedError(encoded);
    this.passive.delete(encoded);
    return this.add(new PlainActivation(this.system, cls, address, passive));
  }

  /** Nobody waits for a send of another actor: then the log is told. */
  private turnAway(message: Message, error: Error): void {
    if (message.row === 'none' && !isHeardOf(message))
      this.system.logger.error(`${message.handler.name} from ${message.trail.sender} is lost: ${error.message}`);
    refuse(message, error);
  }

  private add(activation: Activation): Activation {
    this.active.set(activation.address.encoded, activation);
    this.system.deadlines.idle.entered(activation);
    return activation;
  }

  /** Its state is gone, and with it what it owed. */
  private owesNoMore(encoded: string): void {
    const kept = this.system.supervision.refusalOf(encoded);
    const why = this.system.isStopping ? new NodeStoppingError(encoded) : new ActorFailedError(encoded, 'its stay');
    this.system.deferred.actorEnded(encoded, kept ?? why);
  }

  /** It was to get a journal, and nothing was ever recorded: it goes on without one. */
  private takeBack(encoded: string, { adoption }: DurableActivation): void {
    const passive = adoption.takeBack();
    if (passive === null) return;
    this.marks.remove(encoded);
    this.passive.set(encoded, passive);
  }

  private keepPassive(encoded: string, passive: PassiveState | null): void {
    if (passive !== null) this.passive.set(encoded, passive);
  }
}

/** Its hooks are no part of the turn whose message brings it into memory. */
function open(activation: Activation): void {
  void outsideTurns(() => activation.open());
}

function stopMode(activation: Activation, message: Message): void {
  const { mode } = message.system as { readonly mode: 'graceful' | 'brutal' };
  if (mode === 'brutal') activation.abandon(new ActorTerminatedError(activation.address.encoded));
}

function refuse(message: Message, error: Error): void {
  message.fail(error);
  message.leave();
}
