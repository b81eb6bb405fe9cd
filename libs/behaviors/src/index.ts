// a server: calls, casts, infos
export { Call, Cast, type CastOptions, GenServer, Info, type InfoOptions } from './gen-server/gen-server.decorators';

// a finite state machine
export { Fsm, type FsmOptions, type StateOptions, type StateTimeout } from './fsm/fsm.decorator';
export { OnEntry, OnExit, Transition, type TransitionOptions } from './fsm/transition.decorators';
export { keepState, moveTo, Next, postpone } from './fsm/next';
export { stateOf } from './fsm/machine-state';
export { toMermaid } from './fsm/to-mermaid';

// an event manager
export { EventManager } from './event-manager/event-manager.decorator';
export {
  type EventFilter,
  type EventManaging,
  type Subscription,
  type SubscriptionOptions,
  type SyncReport,
  subscription,
} from './event-manager/subscription';

export * from './errors';
