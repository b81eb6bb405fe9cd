import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { NoActorContextError } from '../errors';
import type { ActorContext } from '../actor/actor-context';
import type { EffectContext } from './effect-call';
import type { Turn } from './turn';

/** Where the running code stands: in which turn, and in which side effect of it, if any. */
export interface Frame {
  readonly turn: Turn;
  readonly effect: EffectContext | null;
}

/** One per process, also when two copies of the package are loaded: an actor's code must find the turn it runs in. */
const KEY = Symbol.for('plexspaces:frame');
const shared = globalThis as { [KEY]?: AsyncLocalStorage<Frame | undefined> };
export const frames = (shared[KEY] ??= new AsyncLocalStorage<Frame | undefined>());

/** The turn whose handler is running here; `undefined` outside turns, after their end, and inside side effects. */
export function runningTurn(): Turn | undefined {
  const frame = frames.getStore();
  return frame?.effect !== null || frame.turn.ended ? undefined : frame.turn;
}

/**
 * Starts what is no part of the running turn: timers, queues and writers that serve everybody, another actor's hooks.
 * Code they call would else take itself for a part of the turn that happened to start them.
 */
export function outsideTurns<T>(start: () => T): T {
  // `frames.exit` would switch the hooks of all promises off and on again.
  return frames.getStore() === undefined ? start() : frames.run(undefined, start);
}

/** `start` for later, in the async context of here: the application's own, such as a span or a request's store, goes with it. */
export function inThisContext(start: () => void): () => void {
  const here = new AsyncResource('PlexSpacesAct');
  return () => here.runInAsyncScope(start);
}

/**
 * The context of the message being handled, from anywhere the handler awaits.
 * @throws NoActorContextError outside a handler; TurnEndedError in a branch the handler did not await
 * @publicApi
 */
export function actorContext(): ActorContext {
  const frame = frames.getStore();
  if (frame === undefined) throw new NoActorContextError('actorContext()');
  if (frame.turn.ended) throw frame.turn.endedError('actorContext()');
  return frame.turn.context;
}

/**
 * What the running `@SideEffect` method may know of itself: idempotency key, abort signal, attempt, epoch.
 * @throws NoActorContextError outside a side effect
 * @publicApi
 */
export function currentEffect(): EffectContext {
  const effect = frames.getStore()?.effect;
  if (effect === undefined || effect === null) throw new NoActorContextError('currentEffect()');
  return effect;
}
