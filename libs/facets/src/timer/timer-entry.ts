import type { PlannedMessage } from '#core';

/** One timer as its actor's facet state keeps it. */
export interface TimerEntry {
  /** `null`: a closure, which lives in memory only. */
  readonly handler: string | null;
  readonly args: readonly unknown[];
  readonly principal: string;
  /** `null`: it fires once. */
  readonly periodMs: number | null;
  /** How long its wait is at most, whatever the wall clock says by now. */
  readonly waitMs: number;
  /** Wall clock. */
  readonly dueAt: number;
  readonly generation: string;
  /** Ticks so far. */
  readonly ticks: number;
}

/** Timers by name. */
export type TimerState = Map<string, TimerEntry>;

/** The tick that comes next. */
export function nextTickOf(name: string, entry: TimerEntry, call?: (self: object) => unknown): PlannedMessage {
  const { generation, ticks, handler, args, principal, periodMs } = entry;
  const occurrence = { name, generation, number: ticks + 1 };
  return { occurrence, handler, args, principal, call, retries: periodMs === null };
}

/** How long to wait for it. A clock that was put back or forward moves no tick by more than one wait. */
export function waitOf({ dueAt, waitMs }: TimerEntry, now: number): number {
  return Math.min(Math.max(0, dueAt - now), waitMs);
}

/**
 * The timer behind a tick: at its own pace while it keeps up. Ticks that fell due while one ran, or while nobody was
 * there, are not made up for. `null`: it has fired, and was to fire once.
 */
export function afterTick(entry: TimerEntry, now: number): TimerEntry | null {
  const { periodMs, dueAt, ticks } = entry;
  if (periodMs === null) return null;
  const onTime = dueAt + periodMs;
  const isOnTime = onTime > now && onTime <= now + periodMs;
  return { ...entry, ticks: ticks + 1, waitMs: periodMs, dueAt: isOnTime ? onTime : now + periodMs };
}
