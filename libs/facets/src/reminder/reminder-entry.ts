import type { Occurrence, PlannedMessage } from '#core';
import type { Times } from './next-run';

/** One reminder as its actor's facet state keeps it. */
export interface ReminderEntry extends Times {
  readonly handler: string;
  readonly args: readonly unknown[];
  readonly principal: string;
  readonly generation: string;
  /** Number of the message that is on its way. */
  readonly number: number;
  /** When it is due; `null` while paused. */
  readonly dueAt: number | null;
  /** Number of the last run that has ended, by itself or by being given up: an operator may have it run again, which counts no more. */
  readonly settled: number;
  /** Until when runs were under way: times that passed by then overlap with them, and were not missed. */
  readonly busyUntil?: number;
  /** Runs so far; those passed over do not count. */
  readonly runs: number;
}

/** Reminders by name. */
export type ReminderState = Map<string, ReminderEntry>;

/** Its next run as a message. */
export function runOf(name: string, { generation, number, handler, args, principal }: ReminderEntry): PlannedMessage {
  return { occurrence: { name, generation, number }, handler, args, principal };
}

/** Is this the run that the entry waits for? */
export function isCurrent(
  entry: ReminderEntry | undefined,
  { generation, number }: Occurrence,
): entry is ReminderEntry {
  return entry?.generation === generation && entry.number === number;
}
