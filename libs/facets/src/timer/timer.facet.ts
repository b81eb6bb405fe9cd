import { Facet, type FacetPlanning, type FacetSpec, type FacetStay, type Occurrence, facet } from '#core';
import type { Duration } from '#spi';
import { wholeFromOne } from '../plan-name';
import { type TimerEntry, type TimerState, afterTick, nextTickOf, waitOf } from './timer-entry';
import { TimerService } from './timer-service';

/** Options of `timer()`. @publicApi */
export interface TimerOptions {
  /** Of periodic timers that are given no period. Default: none, so each has to be given one. Alias: `default_period`. */
  readonly defaultPeriod?: Duration;
  /** Timers of one actor, beyond which scheduling is refused. Default 100. Alias: `max_timers`. */
  readonly maxTimers?: number;
}

/** {@link TimerOptions}, checked, in milliseconds. */
export interface TimerConfig {
  readonly defaultPeriod?: number;
  readonly maxTimers: number;
}

type Planning = FacetPlanning<TimerConfig, TimerState>;

/**
 * Timers of actors (Orleans' kind): see `Timers`. A provider: list it among the `providers` of a module, and attach it by
 * `@UseFacets(timer())`. The schedule is facet state, so it is committed and undone with the turn that makes it.
 *
 *  T1. The state is what counts; an alarm in memory only reminds of it. A tick that does not fit the state is not handled.
 *  T2. The alarm of the next tick is set when the tick before it is durable: ticks of one timer never overlap.
 * @publicApi
 */
@Facet({
  name: 'timer',
  priority: 300,
  category: 'timer',
  description: 'One-shot and periodic turns while the actor is in memory.',
  config: [
    {
      key: 'defaultPeriod',
      alias: 'default_period',
      type: 'duration',
      description: 'Of periodic timers that are given no period. Default: none.',
      check: (ms) => ((ms as number) >= 1 ? undefined : 'must be at least 1 ms'),
    },
    {
      key: 'maxTimers',
      alias: 'max_timers',
      type: 'number',
      default: 100,
      description: 'Timers of one actor, beyond which scheduling is refused.',
      check: wholeFromOne,
    },
  ],
})
export class TimerFacet implements Facet<TimerConfig, TimerState> {
  /** @internal */
  initialState(): TimerState {
    return new Map();
  }

  /** @internal */
  onActivate(context: FacetStay<TimerConfig, TimerState>): void {
    const { state, alarms } = context;
    for (const [name, entry] of state) {
      if (entry.handler === null) state.delete(name);
      else alarms.set(name, nextTickOf(name, entry), waitOf(entry, context.now()));
    }
  }

  /** @internal */
  service(context: Planning): unknown {
    return new TimerService(context);
  }

  /** @internal */
  isDue({ state }: Planning, occurrence: Occurrence): boolean {
    return isNext(state.get(occurrence.name), occurrence);
  }

  /** @internal */
  onOccurrence({ state, planner }: Planning, occurrence: Occurrence): void {
    const { name } = occurrence;
    const entry = state.get(name);
    if (!isNext(entry, occurrence)) return; // its handler has cancelled it, or scheduled another
    const next = afterTick(entry, planner.now());
    if (next === null) return void state.delete(name);
    state.set(name, next);
    planner.afterCommit((alarms) => alarms.set(name, nextTickOf(name, next), waitOf(next, planner.now())));
  }
}

function isNext(entry: TimerEntry | undefined, { generation, number }: Occurrence): entry is TimerEntry {
  return entry?.generation === generation && entry.ticks + 1 === number;
}

/** Timers for an actor class: `@UseFacets(timer({ maxTimers: 10 }))`. Needs {@link TimerFacet} among the providers. @publicApi */
export function timer(options: TimerOptions = {}): FacetSpec {
  return facet('timer', { ...options });
}
