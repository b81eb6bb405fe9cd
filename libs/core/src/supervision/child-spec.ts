import type { Type } from '@nestjs/common';
import type { Duration } from '#spi';

/**
 * Which end of a child is mended. permanent: any. transient: a crash, not a normal stop. temporary: none. @publicApi
 */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/**
 * How long a running turn may go on when its child is stopped: a duration, 'brutal' or 'infinity'. 'brutal': not at all. 'infinity': as long as it takes.
 * A turn that is cut off leaves no trace; its message stays accepted and runs again. @publicApi
 */
export type Shutdown = Duration;

/** @publicApi */
export interface ChildOptions {
  /** Its name within the supervisor. Default: `<type>/<key>`, for a supervisor its name. */
  readonly id?: string;
  /** Default 'permanent'. */
  readonly restart?: RestartType;
}

/** @publicApi */
export interface ActorChildOptions extends ChildOptions {
  /** Default '5s'. */
  readonly shutdown?: Shutdown;
  /** Of `onCreate`, where the actor does not exist yet. Without them a virtual actor is merely activated. */
  readonly args?: readonly unknown[];
  /** Longer than this `onCreate` and `onActivate` may not take. Default '30s'. */
  readonly startTimeout?: Duration;
}

/** What a supervisor looks after: an actor, a supervisor, or (without a key) the mould of dynamic actors. Made by {@link child}. @publicApi */
export interface ChildSpec {
  readonly cls: Type<object>;
  readonly key: string | null;
  readonly options: ActorChildOptions;
}

/** An actor as a child: `child(Worker, 'w1', { restart: 'transient' })`. @publicApi */
export function child(cls: Type<object>, key: string, options?: ActorChildOptions): ChildSpec;
/** A supervisor as a child, or what the dynamic children of `simpleOneForOne` have in common. @publicApi */
export function child(cls: Type<object>, options?: ActorChildOptions): ChildSpec;
export function child(cls: Type<object>, key?: string | ActorChildOptions, options?: ActorChildOptions): ChildSpec {
  if (typeof key === 'string') return { cls, key, options: options ?? {} };
  return { cls, key: null, options: key ?? {} };
}
