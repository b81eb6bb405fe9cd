import type { ActorContext } from '#core';
import type { Duration } from '#spi';
import type { HandlerArgs, HandlerName } from '../handler-types';

/** A timer as {@link Timers.list} shows it. @publicApi */
export interface TimerInfo {
  readonly name: string;
  /** `null`: a function. */
  readonly handler: string | null;
  /** Milliseconds; `null`: it fires once. */
  readonly periodMs: number | null;
  /** Wall clock. */
  readonly nextAt: Date;
  readonly ticks: number;
}

/**
 * Timers of the actor whose handler asks: `ctx.facet<Timers<Session>>('timer')` or `timers<Session>(ctx)`. A tick is a
 * turn like any message's; it never runs beside another one, and the next wait begins when it is over. What a handler
 * schedules or cancels takes effect with the commit of its turn, and not at all when that fails (P7).
 *
 * *With `durability()`* timers survive the process: their schedule is part of the actor's state. They tick while the actor
 * is in memory and wake nobody; one that fell due meanwhile fires once when the actor is back.
 * @publicApi
 */
export interface Timers<T extends object = object> {
  /**
   * Ticks every `period`, for the first time after one. A timer of that name is replaced. A tick that fails is not tried
   * again, unless `@Handle({ retry })` says so: the next one comes anyway.
   * @param period at least 1 ms; `undefined`: `defaultPeriod` of the facet
   * @throws InvalidTimerError, TimerLimitError, UnknownMethodError, InvalidPayloadError
   */
  schedulePeriodic<K extends HandlerName<T>>(
    name: string,
    period: Duration | undefined,
    handler: K,
    ...args: HandlerArgs<T, K>
  ): void;
  /** Only on actors without `durability()`: a function cannot be stored. It ends with the actor's stay in memory. */
  schedulePeriodic(name: string, period: Duration | undefined, call: (self: T) => unknown): void;
  /**
   * Fires once, after `delay`, and is tried again like any other message when it fails.
   * @throws InvalidTimerError, TimerLimitError, UnknownMethodError, InvalidPayloadError
   */
  scheduleOnce<K extends HandlerName<T>>(name: string, delay: Duration, handler: K, ...args: HandlerArgs<T, K>): void;
  scheduleOnce(name: string, delay: Duration, call: (self: T) => unknown): void;
  /**
   * It does not fire any more, also when its tick is in line already.
   * @returns whether there was one; without `ifExists` there has to be
   * @throws TimerNotFoundError
   */
  cancel(name: string, options?: { readonly ifExists?: boolean }): boolean;
  has(name: string): boolean;
  /** By name. */
  list(): readonly TimerInfo[];
}

/** The {@link Timers} of the running handler's actor. @throws FacetNotAttachedError without `timer()` @publicApi */
export function timers<T extends object>(ctx: ActorContext): Timers<T> {
  return ctx.facet<Timers<T>>('timer');
}
