import type { ActorContext } from '#core';
import type { HandlerArgs, HandlerName } from '../handler-types';
import type { Recurrence } from './recurrence';

/** A reminder as {@link Reminders.list} shows it. @publicApi */
export interface ReminderInfo {
  readonly name: string;
  readonly handler: string;
  /** Wall clock; `null` while it is paused. */
  readonly nextAt: Date | null;
  /** Runs so far. */
  readonly runs: number;
}

/**
 * Reminders of the actor whose handler asks: `ctx.facet<Reminders<Report>>('reminder')` or `reminders<Report>(ctx)`. Each
 * next run is a stored message with an id of its own: it wakes the actor, survives restarts, and happens exactly once. What
 * a handler changes takes effect with the commit of its turn, and not at all when that fails (P3, P7).
 *
 * A run that fails is tried again, and parked in the end, as any message; the reminder goes on with the next one. An operator
 * who takes up a parked run again (`DeadLetters`) gets exactly that run: it counts once, moves no other, and runs also when
 * the reminder was paused, cancelled or replaced, or has ended. Times are wall-clock times: a clock that is put back or
 * forward makes no run happen twice.
 * @publicApi
 */
export interface Reminders<T extends object = object> {
  /**
   * Runs `handler(...args)` as often as `recurrence` says. The same registration again changes nothing, another one of that
   * name takes its place and counts from now.
   * @param recurrence `undefined`: `defaultRecurrence` of the facet
   * @throws InvalidReminderError, ReminderLimitError, UnknownMethodError, InvalidPlanError, InvalidPayloadError
   */
  register<K extends HandlerName<T>>(
    name: string,
    recurrence: Recurrence | undefined,
    handler: K,
    ...args: HandlerArgs<T, K>
  ): 'registered' | 'unchanged' | 'replaced';
  /**
   * It never runs again by itself, a run that is in line included; one that was parked stays with the dead letters.
   * @returns whether there was one; without `ifExists` there has to be
   * @throws ReminderNotFoundError
   */
  cancel(name: string, options?: { readonly ifExists?: boolean }): boolean;
  /** The same as {@link cancel}. */
  unregister(name: string, options?: { readonly ifExists?: boolean }): boolean;
  /** Until it is resumed nothing runs, and nothing is missed. @returns `false`: it was paused. @throws ReminderNotFoundError */
  pause(name: string): boolean;
  /** Goes on with the first time from now on; one that was to run once, and whose time has passed, is due at once. @returns `false`: it was not paused. @throws ReminderNotFoundError */
  resume(name: string): boolean;
  has(name: string): boolean;
  /** By name. Those that have ended are not among them. */
  list(): readonly ReminderInfo[];
}

/** The {@link Reminders} of the running handler's actor. @throws FacetNotAttachedError without `reminder()` @publicApi */
export function reminders<T extends object>(ctx: ActorContext): Reminders<T> {
  return ctx.facet<Reminders<T>>('reminder');
}
