import { Logger, type Type } from '@nestjs/common';
import { NEVER, type Observable } from 'rxjs';
import { GroupCommitWriter, Journal } from '#journal';
import { type Env, type Storage, failpoint } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';
import { ActorRef, UntypedRef } from '../actor/actor-ref';
import type { RefOptions } from '../actor/actor-ref.types';
import type { ActorRegistry } from '../actor/actor.registry';
import { DeferredAsks } from '../deferred/deferred-asks';
import { Explainer } from '../explain/explainer';
import { FacetChains } from '../facet/facet-chains';
import type { FacetRegistry } from '../facet/facet.registry';
import type { RespawnOptions, RespawnOrOptions } from '../persistence/creation';
import { Respawner } from '../persistence/respawn';
import type { OwnershipEvent, OwnershipState } from '../ownership/ownership-state';
import type { ResolvedOptions } from '../plexspaces.options';
import { Supervision } from '../supervision/supervision';
import { runningTurn } from '../turn/frame';
import { Waits } from '../waits/waits';
import { AdriftMessages } from './adrift-messages';
import type { Activation } from './activation';
import { ActivationAccess } from './activation-access';
import type { Activations } from './activations';
import type { ActorClass } from './actor-class';
import { ActorClasses } from './actor-classes';
import type { ActorSystemParts } from './actor-system-parts';
import { type Address, makeAddress } from './address';
import type { ActorCounts } from './count-actors';
import { Deadlines } from './deadlines';
import { Deliveries } from './deliveries';
import { type LifecycleEvent, LifecycleEvents } from './lifecycle-events';
import type { Message } from './message';
import { NO_OPTIONS } from './message-options';
import { RunQueue } from './run-queue';
import type { RuntimeProbe } from './runtime-probe';
import { Sender } from './sender';
import { StayUp } from './stay-up';
import type { SystemPort } from './system-port';
import { Terms } from './terms';
import { StateWatches } from './undeclared-state';

/**
 * The actors of this process (DESIGN §4). It owns which actors are in memory, the group commit and the clockwork;
 * each activation owns its own line.
 *
 *  Y1. There is at most one activation per actor id; a message finds it, or makes it, in one synchronous step.
 *  Y2. `start` takes up accepted work; before it nothing of that runs. `drain` waits for what runs and refuses what
 *      clients send; accepted work stays in the store.
 *  Y3. On a store with leases nothing runs but while this node owns it. When that ends every activation does, in the
 *      same step; a later term begins without any.
 * @publicApi
 */
export class ActorSystem extends ActivationAccess implements SystemPort {
  readonly env: Env;
  readonly options: ResolvedOptions;
  readonly storage: Storage;
  readonly facets: FacetRegistry;
  readonly nodeId: string;
  readonly writer: GroupCommitWriter;
  /** Journals of this store as a library: histories, state at a time, purge. */
  readonly journal: Journal;
  readonly deadlines: Deadlines;
  /** @internal */ readonly waits: Waits;
  /** Why actors do not move; others may add what they know. */
  readonly explainer: Explainer;
  readonly events = new LifecycleEvents();
  readonly logger = new Logger('PlexSpaces');
  readonly chains = new FacetChains();
  readonly sender: Sender;
  /** @internal */ readonly respawner: Respawner;
  readonly watches: StateWatches | null;
  readonly supervision: Supervision;
  /** @internal */ readonly adrift = new AdriftMessages((message) => this.wakeAt(message.to, this.env.now()));
  /** @internal */ readonly deferred = new DeferredAsks(this);
  /** @internal */ readonly probe: RuntimeProbe | null;
  private readonly registry: ActorSystemParts['registry'];
  private readonly classes: ActorClasses;
  private readonly queue: RunQueue;
  private readonly terms: Terms;
  private readonly deliveries = new Deliveries(this, () => this.activations);
  private readonly staysUp: StayUp;
  private closing: Promise<void> | null = null;

  constructor({ registry, facets, storage: given, env, options, probe = null }: ActorSystemParts) {
    super();
    const storage = (this.storage = probe === null ? given : probe.storage(given));
    this.probe = probe;
    this.registry = registry;
    this.facets = facets;
    this.env = env;
    this.queue = new RunQueue(env, () => this.mayAct());
    this.options = options;
    this.nodeId = options.nodeId ?? `node-${env.id()}`;
    this.writer = new GroupCommitWriter(storage.journal, env, { inbox: storage.inbox, overlap: options.overlap });
    this.journal = new Journal(storage, env);
    this.deadlines = new Deadlines(env, options.maxActiveActors);
    this.waits = new Waits(this);
    this.explainer = new Explainer(this);
    this.sender = new Sender(this);
    this.respawner = new Respawner(this);
    this.watches = options.development ? new StateWatches(this.logger) : null;
    this.classes = new ActorClasses(registry, facets, this.deadlines);
    this.supervision = new Supervision(this, (encoded) => this.activations.find(encoded));
    this.staysUp = new StayUp(env, () => options.keepAlive || !this.isIdle || !this.deadlines.isEmpty);
    this.terms = new Terms(this, registry, () => this.classes.all);
  }

  /** Does this node own its store? On a store that is the process's own it always does. */
  get ownership(): OwnershipState {
    return this.terms.owned?.state ?? 'owner';
  }

  /** Is the node about to end? Messages of clients are refused then. */
  get isStopping(): boolean {
    return this.deliveries.isStopping;
  }

  /** @internal Since when a look for due work has been under way, on the monotonic clock. */
  get lookingSince(): number | null {
    return this.terms.lookingSince;
  }

  /** @internal Since when all looks for due work have failed. */
  get searchFailsSince(): number | null {
    return this.terms.searchFailsSince;
  }

  /** Changes of {@link ownership}; none on a store that is the process's own. */
  get ownership$(): Observable<OwnershipEvent> {
    return this.terms.owned?.events$ ?? NEVER;
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

  /** @internal The class of a provider, by the class itself or by its type. */
  definitionOf(cls: string | Parameters<ActorRegistry['byClass']>[0]): ActorDefinition {
    return typeof cls === 'string' ? this.registry.get(cls) : this.registry.byClass(cls);
  }

  /** How many actors of which type are in memory, now. */
  actors(): ActorCounts {
    return this.activations.counts;
  }

  /** Has no actor in memory anything to do, and no write an open outcome? What falls due later, or is held, does not count. */
  get isIdle(): boolean {
    return this.writer.isIdle && this.activations.isIdle;
  }

  /**
   * Takes up accepted work and activates eager actors, where this node owns the store; elsewhere it stands by.
   * @throws NodeIdInUseError
   */
  async start(): Promise<void> {
    this.classes.prepare();
    try {
      await this.staysUp.during(() => this.terms.start());
    } catch (error) {
      this.staysUp.end(); // a worker that does not work keeps no process
      throw error;
    }
  }

  /** Refuses new client messages, waits for running turns up to `shutdownTimeout`, then gives up the instances. */
  async drain(): Promise<void> {
    if (this.deliveries.isStopping) return;
    this.deliveries.isStopping = true;
    await this.staysUp.during(() => this.drainOnce());
  }

  /** Writes what is under way. Storage modules close their stores themselves. Harmless when called again. */
  close(): Promise<void> {
    return (this.closing ??= this.staysUp.during(() => this.closeOnce()));
  }

  classOf(type: string): ActorClass {
    return this.classes.of(type);
  }

  mayAct(): boolean {
    return this.terms.mayAct();
  }

  notOwner(): Error {
    return this.terms.notOwner();
  }

  deliver(message: Message): void {
    this.deliveries.deliver(message);
  }

  deliverSend(message: Message): void {
    this.deliveries.deliverSend(message);
  }

  accept(message: Message): Promise<void> {
    return this.deliveries.accept(message);
  }

  acceptInTransaction(message: Message, transaction: object): Promise<void> {
    return this.deliveries.acceptInTransaction(message, transaction);
  }

  schedule(activation: Activation): void {
    this.queue.add(activation);
  }

  wakeAt(_: Address, dueAt: number): void {
    this.terms.expectDue(dueAt);
  }

  protected get activations(): Activations {
    return this.terms.activations;
  }

  private async drainOnce(): Promise<void> {
    failpoint('stop.beforeDrain');
    this.terms.stopWork();
    await this.supervision.stop(this.options.shutdownTimeoutMs);
    await this.activations.drain(this.options.shutdownTimeoutMs);
    failpoint('stop.afterDrain');
  }

  private async closeOnce(): Promise<void> {
    try {
      if (!this.deliveries.isStopping) await this.drain();
      await this.writer.close();
      await this.terms.end();
    } finally {
      this.deadlines.close();
      this.staysUp.end(); // a worker that could not be closed keeps no process either
      this.events.events$.complete();
    }
  }
}
