import { Inject, Logger, type OnApplicationBootstrap, Optional } from '@nestjs/common';
import {
  ActorRegistry,
  ActorSystem,
  Facet,
  type FacetContext,
  type FacetPlanning,
  type FacetSpec,
  InvalidFacetConfigError,
  type Occurrence,
  facet,
} from '#core';
import { wholeFromOne } from '../plan-name';
import { isTooLate, nextTime } from './next-run';
import { type Recurrence, Refusal, isOnce, readRecurrence } from './recurrence';
import { type ReminderState, isCurrent, runOf } from './reminder-entry';
import { ReminderService } from './reminder-service';

/** Options of `reminder()`. @publicApi */
export interface ReminderOptions {
  /** Of reminders that are registered without one. Default: none. Alias: `default_recurrence`. */
  readonly defaultRecurrence?: Recurrence;
  /** Which storage the application must be running on, as `durability({ backend })`. Default: whichever. Alias: `storage_backend`. */
  readonly storageBackend?: 'memory' | 'sqlite' | 'postgres' | 'redis';
  /** Reminders of one actor, beyond which registering is refused. Default 100. Alias: `max_reminders`. */
  readonly maxReminders?: number;
}

/** {@link ReminderOptions}, checked. */
export interface ReminderConfig {
  readonly defaultRecurrence?: Recurrence;
  readonly storageBackend?: string;
  readonly maxReminders: number;
}

type Planning = FacetPlanning<ReminderConfig, ReminderState>;

/**
 * Reminders of durable actors (Orleans' kind): see `Reminders`. A provider: list it among the `providers` of a module, and
 * attach it by `@UseFacets(durability(), reminder())`.
 *
 *  M1. Of each reminder that is not paused exactly one run is stored, with the number that its entry says.
 *  M2. The turn that handles a run stores the next one in its commit; one that is given up is followed by a turn that does.
 *  M3. A run whose reminder was changed or cancelled meanwhile is withdrawn in the commit that does so. A parked one is not:
 *      it is the operator's.
 *  M4. Each run moves the plan on once: when it was handled, or given up. One that an operator has run again does not.
 * @publicApi
 */
@Facet({
  name: 'reminder',
  priority: 300,
  category: 'timer',
  description: 'Persisted reminders by interval or cron pattern, which wake their actor.',
  config: [
    {
      key: 'defaultRecurrence',
      alias: 'default_recurrence',
      description: "Of reminders that are registered without one: '24h', { cron, zone }. Default: none.",
      check: whyNoRecurrence,
    },
    {
      key: 'storageBackend',
      alias: 'storage_backend',
      type: 'string',
      oneOf: ['memory', 'sqlite', 'postgres', 'redis'],
      description: 'Which storage the application must be running on.',
    },
    {
      key: 'maxReminders',
      alias: 'max_reminders',
      type: 'number',
      default: 100,
      description: 'Reminders of one actor, beyond which registering is refused.',
      check: wholeFromOne,
    },
  ],
})
export class ReminderFacet implements Facet<ReminderConfig, ReminderState>, OnApplicationBootstrap {
  private readonly logger = new Logger('PlexSpaces');

  constructor(
    @Optional() @Inject(ActorSystem) private readonly system?: ActorSystem,
    @Optional() @Inject(ActorRegistry) private readonly registry?: ActorRegistry,
  ) {}

  /** What actor classes say of the storage is held against it at once. @throws InvalidFacetConfigError */
  onApplicationBootstrap(): void {
    for (const { facets, className } of this.registry?.all() ?? [])
      for (const { name, config } of facets)
        if (name === 'reminder') this.checkBackend(config['storageBackend'] ?? config['storage_backend'], className);
  }

  /** @internal */
  initialState(): ReminderState {
    return new Map();
  }

  /** @internal */
  onAttach({ config, actorId }: FacetContext<ReminderConfig, ReminderState>): void {
    this.checkBackend(config.storageBackend, actorId);
  }

  /** @internal */
  service(context: Planning): unknown {
    return new ReminderService(context);
  }

  /** @internal */
  isDue({ state, planner }: Planning, occurrence: Occurrence): boolean {
    const entry = state.get(occurrence.name);
    if (!isCurrent(entry, occurrence) || entry.dueAt === null) return false;
    return !isTooLate(entry.schedule, entry.dueAt, planner.startedAt);
  }

  /** @internal */
  onOccurrence({ state, planner, actorId }: Planning, occurrence: Occurrence, failed: boolean): void {
    const { name, generation, number } = occurrence;
    const entry = state.get(name);
    if (failed)
      this.logger.warn(`Run ${number} of reminder ${name} of ${actorId} was given up; its message has the cause.`);
    if (entry?.generation !== generation) return; // cancelled, or registered anew, by its own run
    if (entry.settled >= number) return; // M4
    const { dueAt, schedule } = entry;
    const mayBePassedOver = !failed && !planner.isRevived;
    const isPassedOver = mayBePassedOver && dueAt !== null && isTooLate(schedule, dueAt, planner.startedAt);
    const runs = entry.runs + (isPassedOver ? 0 : 1);
    if (isOnce(schedule) || (schedule.maxOccurrences !== null && runs >= schedule.maxOccurrences)) {
      if (entry.number !== number && dueAt !== null) planner.withdraw({ name, generation, number: entry.number });
      return void state.delete(name);
    }
    if (entry.number !== number || dueAt === null) return void state.set(name, { ...entry, runs, settled: number }); // its run has paused it
    const startedAt = failed ? dueAt : planner.startedAt;
    const endedAt = planner.now();
    const next = nextTime(entry, { dueAt, startedAt, endedAt, busyUntil: entry.busyUntil });
    if (next === null) return void state.delete(name);
    const busyUntil = isPassedOver ? (entry.busyUntil ?? 0) : endedAt;
    const following = { ...entry, number: number + 1, dueAt: next, settled: number, busyUntil, runs };
    planner.send(runOf(name, following), next);
    state.set(name, following);
  }

  /** @internal */
  onStop({ state, planner }: Planning): void {
    for (const [name, { generation, number, dueAt }] of state)
      if (dueAt !== null) planner.withdraw({ name, generation, number });
    state.clear();
  }

  private checkBackend(wanted: unknown, who: string): void {
    const backend = this.system?.storage.journal.name;
    if (wanted === undefined || backend === undefined || wanted === backend) return;
    throw new InvalidFacetConfigError(
      'reminder',
      'storageBackend',
      `of ${who} is ${JSON.stringify(wanted)}, but the application runs on ${JSON.stringify(backend)}`,
    );
  }
}

function whyNoRecurrence(value: unknown): string | undefined {
  try {
    readRecurrence(value as Recurrence, 0);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

/** Reminders for an actor class: `@UseFacets(durability(), reminder())`. Needs {@link ReminderFacet} among the providers. @publicApi */
export function reminder(options: ReminderOptions = {}): FacetSpec {
  return facet('reminder', { ...options });
}
