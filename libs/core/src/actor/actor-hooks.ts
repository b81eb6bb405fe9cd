import type { ActorId } from '#spi';

/**
 * First turn of an actor, once in its life, by `spawn(key, ...args)` or `ref.orCreate(args)`. A virtual actor that is only
 * sent messages begins with its fields as they are declared. A turn like any other: journaled, may have side effects; a
 * throw leaves no actor.
 * @publicApi
 */
export interface OnCreate<Args extends unknown[] = []> {
  onCreate(...args: Args): void | Promise<void>;
}

/**
 * Each time an instance has got its state, before its first message: rebuild here what is not stored. Not a turn:
 * nothing is journaled, and a change of `@State` is not kept. A throw fails the activation; the next message tries
 * again. Read-only handlers have an instance of their own, which is activated too. `Args` are what `respawn` and
 * `respawnOr` were given as `args`; there are none when the actor was brought up in another way.
 * @publicApi
 */
export interface OnActivate<Args extends unknown[] = []> {
  onActivate(self: ActorId, ...args: Args): void | Promise<void>;
}

/** Before an instance is dropped, idle, stopped or at shutdown; not after a crash. Its state is already safe. A throw is logged. @publicApi */
export interface OnDeactivate {
  onDeactivate(self: ActorId): void | Promise<void>;
}

/** In the last turn of an actor that is stopped for good, before `onDeactivate`. `actorContext()` works as in a handler. @publicApi */
export interface OnTerminate {
  onTerminate(): void | Promise<void>;
}
