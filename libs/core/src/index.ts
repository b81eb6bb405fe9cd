// module
export { PlexSpacesModule } from './plexspaces.module';
export type { PlexSpacesOptionsFactory } from './plexspaces.module-definition';
export type { PlexSpacesExtras } from './plexspaces.providers';
export {
  PLEXSPACES_OPTIONS,
  type PlexSpacesOptions,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
  resolveOptions,
} from './plexspaces.options';

// an actor class
export { Actor, type ActorOptions, actorOptionsOf, type SnapshotOptions } from './actor/actor.decorator';
export { Handle, type HandleOptions } from './actor/handle.decorator';
export { SideEffect, type SideEffectOptions } from './actor/side-effect.decorator';
export { State, Transient } from './actor/state.decorator';
export { Ctx } from './actor/ctx.decorator';
export { UseFacets } from './actor/use-facets.decorator';
export type { OnActivate, OnCreate, OnDeactivate, OnTerminate } from './actor/actor-hooks';
export type { RespawnOptions, RespawnOrOptions, RuntimeArgs, SnapshotState } from './persistence/creation';
export type { ReplyToken } from './deferred/reply-token';
export type { ActorContext, AttachedFacet, FacetHandle, SideEffectCallOptions } from './actor/actor-context';
export type { ActorRows, RowCriteria, RowEntity, RowOptions, RowValues, UpsertOptions } from './actor/actor-rows';
export { actorContext, currentEffect } from './turn/frame';
export type { EffectCall, EffectContext } from './turn/effect-call';
export type { RetryOptions } from './turn/retry-policy';

// using actors
export { ActorClient } from './actor/actor-client';
export { getActorToken, InjectActor } from './actor/inject-actor.decorator';
export { provideActors } from './actor/provide-actors';
export {
  type ActorInfo,
  ActorRef,
  type Addressed,
  type AskPort,
  type CallerTransaction,
  type CreateArgs,
  type MessageOptions,
  type NoReply,
  type RefOptions,
  type TellPort,
  type TransactionOptions,
  type TransactionRef,
  UntypedRef,
} from './actor/actor-ref';
export { ActorHistory, type CheckpointInfo } from './actor/actor-history';
export type { Divergence, Verification } from './verify/verify-history';
export { ActorSystem } from './runtime/actor-system';
export type { ActorCounts } from './runtime/count-actors';
export type { ActorState, LifecycleEvent } from './runtime/lifecycle-events';
export { type Cause, type CauseKind, Explanation } from './explain/explanation';
export type { ExplainContributor, ExplainSubject } from './explain/contributor';
export { Explainer } from './explain/explainer';
export type { OwnershipEvent, OwnershipState } from './ownership/ownership-state';

// supervision
export {
  type BackoffOptions,
  getSupervisorToken,
  InjectSupervisor,
  type Strategy,
  Supervisor,
  type SupervisorChildren,
  type SupervisorOptions,
} from './supervision/supervisor.decorator';
export {
  type ActorChildOptions,
  child,
  type ChildOptions,
  type ChildSpec,
  type RestartType,
  type Shutdown,
} from './supervision/child-spec';
export { SupervisorHandle } from './supervision/supervisor-handle';
export { Supervision } from './supervision/supervision';
export type {
  ChildStats,
  SupervisionEvent,
  SupervisionStatus,
  SupervisorStats,
} from './supervision/supervision-events';
export { TrapExit } from './supervision/trap-exit.decorator';
export type { Down, EndReason, ExitSignal } from './supervision/links';
export type { ChildStatus } from './supervision/supervised';

// messages that were given up
export type { DeadLetter, DeadLetterDetails, DeadLetterId } from './dead-letters/dead-letter';
export {
  DeadLetters,
  type DeadLetterPage,
  type DeadLetterQuery,
  type RetryParkedOptions,
} from './dead-letters/dead-letters';
export { OnParked } from './dead-letters/on-parked.decorator';
export type { ParkedNotice } from './dead-letters/park-message';
export type { RedriveFailure, RedriveOptions, RedriveProgress } from './dead-letters/redrive';

// facets
export {
  type ConfigOption,
  type ErrorDecision,
  Facet,
  FacetBand,
  type FacetCategory,
  type FacetCommit,
  type FacetContext,
  type FacetDenial,
  type FacetDescriptor,
  type FacetMessage,
  type FacetOptions,
  type FacetPlanning,
  type FacetSpec,
  type FacetStay,
  type FacetTurn,
} from './facet/facet';
export type { Alarms } from './planning/alarms';
export type { Occurrence } from './planning/occurrence';
export type { Planner } from './planning/plan';
export type { PlannedMessage } from './planning/planned-message';
export { facet, type FacetConfigInput } from './facet/facet-spec';
export { durability, type DurabilityOptions, type RetentionOption } from './facet/durability.facet';
export { virtualActor, type VirtualActorOptions } from './facet/virtual-actor.facet';
export { type FacetListing, type FacetRegistration, FacetRegistry } from './facet/facet.registry';

// guards, pipes, interceptors and filters around messages
export {
  type ActorCall,
  type ActorExecutionContext,
  getActorCall,
  isActorContext,
} from './admission/actor-execution-context';

// for libraries and tools
export {
  CLASS_CHECK,
  CONTEXT_PARAMETER,
  declare as declareMetadata,
  declaredBy as declaredMetadata,
  type DeclaredParameter,
  DISPATCH,
  lineageOf,
} from './actor/metadata';
export type { Dispatch, Dispatched } from './actor/dispatch';
export { maxPayloadBytes, payloadBytes } from './turn/payload-bytes';
export { ActorRegistry } from './actor/actor.registry';
export type { ActorDefinition, HandlerDefinition, SideEffectDefinition, StateLayout } from './actor/actor-definition';
export type { Admission, AdmittedCall } from './admission/admission';
export { type ProbedEffect, type ProbedTurn, RUNTIME_PROBE, type RuntimeProbe } from './runtime/runtime-probe';

export * from './errors';
