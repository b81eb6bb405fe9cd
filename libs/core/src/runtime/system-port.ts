import type { LoggerService } from '@nestjs/common';
import type { GroupCommitWriter } from '#journal';
import type { Env, Storage } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';
import type { ActorInfo, ActorRef } from '../actor/actor-ref';
import type { RefOptions } from '../actor/actor-ref.types';
import type { ActorRegistry } from '../actor/actor.registry';
import type { DeferredAsks } from '../deferred/deferred-asks';
import type { FacetChain, ResolvedFacet } from '../facet/facet-chain';
import type { FacetChains } from '../facet/facet-chains';
import type { Explainer } from '../explain/explainer';
import type { FacetRegistry } from '../facet/facet.registry';
import type { Respawner } from '../persistence/respawn';
import type { Supervision } from '../supervision/supervision';
import type { ResolvedOptions } from '../plexspaces.options';
import type { Activation } from './activation';
import type { ActorClass } from './actor-class';
import type { AdriftMessages } from './adrift-messages';
import type { Address } from './address';
import type { Deadlines } from './deadlines';
import type { Departure, LifecycleEvents } from './lifecycle-events';
import type { Message } from './message';
import type { PlainActivation } from './plain-activation';
import type { RuntimeProbe } from './runtime-probe';
import type { Sender } from './sender';
import type { StateWatches } from './undeclared-state';
import type { Waits } from '../waits/waits';

/** What activations, turns and refs need of the actor system. */
export interface SystemPort {
  readonly env: Env;
  readonly options: ResolvedOptions;
  readonly storage: Storage;
  readonly writer: GroupCommitWriter;
  readonly facets: FacetRegistry;
  readonly chains: FacetChains;
  readonly deadlines: Deadlines;
  /** What running turns wait for. */
  readonly waits: Waits;
  readonly explainer: Explainer;
  /** Messages of clients are refused: the node is about to end. */
  readonly isStopping: boolean;
  readonly events: LifecycleEvents;
  readonly logger: LoggerService;
  readonly sender: Sender;
  readonly respawner: Respawner;
  readonly nodeId: string;
  readonly adrift: AdriftMessages;
  readonly deferred: DeferredAsks;
  /** `null` but under a test kit. */
  readonly probe: RuntimeProbe | null;
  /** `null` outside development. */
  readonly watches: StateWatches | null;
  readonly supervision: Supervision;
  refOf<T extends object>(definition: ActorDefinition, key: string, options?: RefOptions): ActorRef<T>;
  /** May this node act on its store, now? Once it may not, every activation has ended. */
  mayAct(): boolean;
  /** Why not, for who is refused. */
  notOwner(): Error;
  classOf(type: string): ActorClass;
  definitionOf(cls: string | Parameters<ActorRegistry['byClass']>[0]): ActorDefinition;
  /** Brings the message before its receiver, activating it where that is allowed. */
  deliver(message: Message): void;
  /** A send of a turn that is durable now. */
  deliverSend(message: Message): void;
  /** A tell: resolves once it is accepted, durably where the receiver is durable. */
  accept(message: Message): Promise<void>;
  /** A tell that is accepted by a transaction of the application: resolves once it is written there. */
  acceptInTransaction(message: Message, transaction: object): Promise<void>;
  /** @throws MailboxFullError when the receiver is in memory and its line is full */
  assertRoom(message: Message): void;
  activate(address: Address): Promise<void>;
  info(address: Address): Promise<ActorInfo>;
  /** The actor in memory, if it is. */
  activationOf(address: Address): Activation | undefined;
  /** Is it active, or passive without a journal? */
  isInMemory(address: Address): boolean;
  /** The chain of an actor in memory, which may have facets of its own; the declared one of any other. */
  chainOf(address: Address, cls: ActorClass): FacetChain;
  /** Facets of an actor in memory; the declared ones of any other. */
  facetsOf(address: Address): readonly ResolvedFacet[];
  /** Facets were attached to or detached from an actor in memory. */
  facetsChanged(activation: Activation): void;
  /** Runs the activation's line soon, in a microtask shared by all. */
  schedule(activation: Activation): void;
  released(activation: Activation, departure: Departure): void;
  /** Does the actor keep an inbox, that is: a journal? */
  keepsInbox(address: Address): boolean;
  markDurable(address: Address): Promise<void>;
  makeDurable(activation: PlainActivation, message: Message): void;
  /** A stored message of this actor falls due at this wall-clock time. */
  wakeAt(address: Address, dueAt: number): void;
}
