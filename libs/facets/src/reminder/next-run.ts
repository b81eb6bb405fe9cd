import { LAST_TIME } from '../last-time';
import { nextCronTime } from './cron-times';
import type { Schedule } from './recurrence';

/** Times of a plan: what they are counted from is when it was registered. */
export interface Times {
  readonly schedule: Schedule;
  readonly registeredAt: number;
}

/** When the run took place that a plan is moved on from. */
export interface Run {
  readonly dueAt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  /** Until when runs before it were under way. */
  readonly busyUntil?: number | undefined;
}

/** The first time of the schedule after `after`; `null` when there is none. Pure. */
export function timeAfter({ schedule, registeredAt }: Times, after: number): number | null {
  const next = nominalAfter(schedule, registeredAt, after);
  return next === null || next > (schedule.until ?? LAST_TIME) ? null : next;
}

function nominalAfter(
  { everyMs, cron, zone, at, afterMs }: Schedule,
  registeredAt: number,
  after: number,
): number | null {
  if (everyMs !== null) {
    const runs = Math.max(0, Math.floor((after - registeredAt) / everyMs)) + 1;
    return registeredAt + runs * everyMs;
  }
  if (cron !== null) return nextCronTime(cron, zone, after);
  const once = at ?? registeredAt + (afterMs ?? 0);
  return once > after ? once : null;
}

/** The first time there is. A single one that has passed by now is due at once. */
export function firstTime(times: Times, now: number): number | null {
  const { at, afterMs, until } = times.schedule;
  const once = at ?? (afterMs === null ? null : times.registeredAt + afterMs);
  if (once === null) return timeAfter(times, now);
  return once > (until ?? LAST_TIME) ? null : once;
}

/** Is a run that starts `startedAt` too late to be made up for? */
export function isTooLate({ missed, graceMs }: Schedule, dueAt: number, startedAt: number): boolean {
  return missed === 'skip' && startedAt - dueAt > graceMs;
}

/**
 * When the next run is due, after one that was handled, or passed over as too late. Times that passed before it started
 * were missed, unless an earlier one was under way; those that passed while it ran overlap with it. What may still be run of
 * them is due in the past.
 */
export function nextTime(times: Times, { dueAt, startedAt, endedAt, busyUntil = 0 }: Run): number | null {
  const { schedule } = times;
  const { missed, graceMs, overlap } = schedule;
  let next = timeAfter(times, dueAt);
  const isQueued = overlap === 'queue' && missed === 'once' && next !== null && next <= busyUntil;
  if (next !== null && next <= startedAt && missed !== 'all' && !isQueued) {
    next = timeAfter(times, missed === 'once' ? startedAt : Math.max(dueAt, startedAt - graceMs - 1));
  }
  const overlaps = next !== null && next > startedAt && next <= endedAt;
  return overlaps && overlap === 'skip' ? timeAfter(times, endedAt) : next;
}
