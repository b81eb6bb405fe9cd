import { Logger, type Type } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { GroupCommitWriter } from '#journal';
import { type Env, type Storage, decodeActorId, failpoint } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';
import { type ActorInfo, ActorRef, UntypedRef } from '../actor/actor-ref';
import type { RefOptions } from '../actor/actor-ref.types';
import type { ActorRegistry } from '../actor/actor.registry';
import { NodeStoppingError } from '../errors';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import { FacetChains } from '../facet/facet-chains';
import type { FacetRegistry } from '../facet/facet.registry';
import type { RespawnOptions, RespawnOrOptions } from '../persistence/creation';
import { Respawner } from '../persistence/respawn';
import type { ResolvedOptions } from '../plexspaces.options';
import { runningTurn } from '../turn/frame';
import { acceptTell } from './accept-tell';
import { AdriftMessages } from './adrift-messages';
import type { Activation, Departure } from './activation';
import { Activations } from './activations';
import { ActorClass } from './actor-class';
import { type Address, makeAddress } from './address';
import { Deadlines } from './deadline-queue';
import { DueScanner } from './due-scanner';
import { type LifecycleEvent, LifecycleEvents } from './lifecycle-events';
import type { Message } from './message';
import { NO_OPTIONS } from './message-options';
import type { PlainActivation } from './plain-activation';
import { RunQueue } from './run-queue';
import type { RuntimeProbe } from './runtime-probe';
import { Sender } from './sender';
import type { SystemPort } from './system-port';
import { tellInTransaction } from './transaction-tell';
import { StateWatches } from './undeclared-state';

/** What an actor system is made of. */
export interface ActorSystemParts {
  readonly registry: Pick<ActorRegistry, 'get' | 'all' | 'byClass'>;
  readonly facets: FacetRegistry;
  readonly storage: Storage;
  readonly env: Env;
  readonly options: ResolvedOptions;
  readonly probe?: RuntimeProbe | null;
}

/**
 * The actors of this process (DESIGN §4). It owns which actors are in memory, the group commit and the clockwork;
 * each activation owns its own line.
 *
 *  Y1. There is at most one activation per actor id; a message finds it, or makes it, in one synchronous step.
 *  Y2. `start` takes up accepted work; before it nothing of that runs. `drain` waits for what runs and refuses what
 *      clients send; accepted work stays in the store.
 * @publicApi
 */
export class ActorSystem implements SystemPort {
  readonly env: Env;
  readonly options: ResolvedOptions;
  readonly storage: Storage;
  readonly facets: FacetRegistry;
  readonly nodeId: string;
  readonly writer: GroupCommitWriter;
  readonly deadlines: Deadlines;
  readonly events = new LifecycleEvents();
  readonly logger = new Logger('PlexSpaces');
  readonly chains = new FacetChains();
  readonly sender: Sender;
  /** @internal */ readonly respawner: Respawner;
  readonly watches: StateWatches | null;
  /** @internal */ readonly adrift = new AdriftMessages((message) => this.wakeAt(message.to, this.env.now()));
  /** @internal */ readonly probe: RuntimeProbe | null;
  private readonly registry: ActorSystemParts['registry'];
  private readonly classes = new Map<string, ActorClass>();
  private readonly activations: Activations;
  private readonly queue: RunQueue;
  private readonly due: DueScanner;
  private stopping = false;
  private closing: Promise<void> | null = null;

  constructor({ registry, facets, storage: given, env, options, probe = null }: ActorSystemParts) {
    const storage = probe === null ? given : probe.storage(given);
    this.probe = probe;
    this.registry = registry;
    this.facets = facets;
    this.storage = storage;
    this.env = env;
    this.queue = new RunQueue(env);
    this.options = options;
    this.nodeId = options.nodeId ?? `node-${env.id()}`;
    this.writer = new GroupCommitWriter(storage.journal, env, { inbox: storage.inbox });
    this.deadlines = new Deadlines(env);
    this.sender = new Sender(this);
    this.respawner = new Respawner(this);
    this.watches = options.development ? new StateWatches(this.logger) : null;
    this.activations = new Activations(this);
    this.due = new DueScanner(this, (actor) => this.wake(actor));
  }

  /** Transitions of all actors of this process. */
  get events$(): Observable<LifecycleEvent> {
    return this.events.events$;
  }

  /** A ref by type name. @throws UnknownActorTypeError, InvalidActorIdError */
  ref(type: string, key: string, options: RefOptions = {}): UntypedRef {
    return new UntypedRef(this.refOf(this.registry.get(type), key, options));
  }

  /** @internal */
  refOf<T extends object>(definition: ActorDefinition, key: string, options: RefOptions = {}): ActorRef<T> {
    const cls = this.classOf(definition.type);
    const base = runningTurn()?.actor ?? this.options.scope;
    const { tenant = base.tenant, namespace = base.namespace } = options;
    return new ActorRef<T>(
      this,
      cls,
      makeAddress(definition, key, { tenant, namespace }),
      NO_OPTIONS,
      options.allowCrossScope ?? false,
    );
  }

  /** @internal */
  async spawn<T extends object>(
    definition: ActorDefinition,
    key: string,
    args: readonly unknown[],
    options?: RefOptions,
  ): Promise<ActorRef<T>> {
    const ref = this.refOf<T>(definition, key, options);
    await this.sender.create(ref, args, { ifAbsent: false });
    return ref;
  }

  /** Brings an actor back from its snapshot. @throws ActorNotFoundError when there is none, and what `respawnOr` throws */
  async respawn<T extends object>(
    cls: Type<T>,
    key: string,
    options: RespawnOptions<T> & RefOptions = {},
  ): Promise<ActorRef<T>> {
    const ref = this.refOf<T>(this.registry.byClass(cls), key, options);
    await this.respawner.respawn(ref, options);
    return ref;
  }

  /**
   * The actor of this key: the one in memory, else from its snapshot, else, when there is none, what `fallback` says.
   * With `durability()` the journal takes the place of the snapshot.
   * @throws CorruptRecordError, SchemaTooNewError, SnapshotUnreadableError: the fallback is not called then
   */
  respawnOr<T extends object>(
    cls: Type<T>,
    key: string,
    options: RespawnOrOptions<T> & RefOptions,
  ): Promise<ActorRef<T>> {
    return this.respawn(cls, key, options);
  }

  /** @internal The class of a provider, by the class itself. */
  definitionOf(cls: Parameters<ActorRegistry['byClass']>[0]): ActorDefinition {
    return this.registry.byClass(cls);
  }

  /** Has no actor in memory anything to do, and no write an open outcome? What falls due later, or is held, does not count. */
  get isIdle(): boolean {
    return this.writer.isIdle && this.activations.isIdle;
  }

  /** Takes up accepted work and activates eager actors. */
  async start(): Promise<void> {
    for (const definition of this.registry.all()) this.classOf(definition.type);
    await this.activations.loadMarks();
    await this.due.start();
    await this.activations.startEager([...this.classes.values()]);
  }

  /** Refuses new client messages, waits for running turns up to `shutdownTimeout`, then gives up the instances. */
  async drain(): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    failpoint('stop.beforeDrain');
    this.due.stop();
    await this.activations.drain(this.options.shutdownTimeoutMs);
    failpoint('stop.afterDrain');
  }

  /** Writes what is under way. Storage modules close their stores themselves. Harmless when called again. */
  close(): Promise<void> {
    return (this.closing ??= this.closeOnce());
  }

  classOf(type: string): ActorClass {
    let cls = this.classes.get(type);
    if (cls === undefined) {
      cls = new ActorClass(this.registry.get(type), this.facets, this.deadlines);
      this.classes.set(type, cls);
    }
    return cls;
  }

  deliver(message: Message): void {
    if (this.stopping && message.trail.sender === '' && message.row === 'none') {
      message.fail(new NodeStoppingError(message.to.encoded));
      return message.leave();
    }
    this.activations.deliver(message);
  }

  /** A send of a committed turn: durable receivers have its row already. */
  deliverSend(message: Message): void {
    if (this.keepsInbox(message.to)) message.row = 'stored';
    const waitMs = message.isDelayed ? message.dueAt - this.env.now() : 0;
    if (waitMs <= 0) return this.activations.deliver(message);
    message.leave(); // what its sender sends meanwhile does not wait for it
    if (message.row === 'stored') this.wakeAt(message.to, message.dueAt);
    else this.env.schedule(() => this.activations.deliver(message), waitMs);
  }

  accept(message: Message): Promise<void> {
    if (this.stopping) return Promise.reject(new NodeStoppingError(message.to.encoded));
    return acceptTell(this, message);
  }

  acceptInTransaction(message: Message, transaction: object): Promise<void> {
    if (this.stopping) return Promise.reject(new NodeStoppingError(message.to.encoded));
    return tellInTransaction(this, message, transaction, () => {
      if (!this.stopping) this.deliverSend(message); // else it is for the next start
    });
  }

  assertRoom(message: Message): void {
    this.activations.assertRoom(message);
  }

  activate(address: Address): Promise<void> {
    return this.activations.activate(address);
  }

  isInMemory(address: Address): boolean {
    return this.activations.isInMemory(address);
  }

  info(address: Address): Promise<ActorInfo> {
    return this.activations.info(address);
  }

  chainOf(address: Address, cls: ActorClass): FacetChain {
    return this.activations.chainOf(address, cls);
  }

  facetsOf(address: Address): readonly ResolvedFacet[] {
    return this.activations.facetsOf(address);
  }

  facetsChanged(activation: Activation): void {
    this.activations.facetsChanged(activation);
  }

  schedule(activation: Activation): void {
    this.queue.add(activation);
  }

  released(activation: Activation, departure: Departure): void {
    this.activations.released(activation, departure);
  }

  keepsInbox(address: Address): boolean {
    return this.activations.isDurable(address);
  }

  markDurable(address: Address): Promise<void> {
    return this.activations.markDurable(address);
  }

  makeDurable(activation: PlainActivation, message: Message): void {
    this.activations.makeDurable(activation, message);
  }

  wakeAt(_: Address, dueAt: number): void {
    this.due.expect(dueAt);
  }

  private wake(actor: string): void {
    if (this.stopping) return;
    const id = decodeActorId(actor);
    const definition = this.registry.all().find(({ type }) => type === id.type);
    if (definition === undefined)
      return this.logger.warn(`${actor} has messages waiting, but no class of type ${id.type} is registered here.`);
    this.activations.wake(makeAddress(definition, id.key, id));
  }

  private async closeOnce(): Promise<void> {
    if (!this.stopping) await this.drain();
    await this.writer.close();
    this.deadlines.close();
    this.events.events$.complete();
  }
}
