import type { FacetPlanning } from '#core';
import { type Duration, InvalidDurationError, parseDuration } from '#spi';
import { InvalidTimerError, TimerLimitError, TimerNotFoundError } from '../errors';
import { LAST_TIME } from '../last-time';
import { whyNoName } from '../plan-name';
import { type TimerEntry, type TimerState, nextTickOf, waitOf } from './timer-entry';
import type { TimerConfig } from './timer.facet';
import type { TimerInfo, Timers } from './timers';

type Call = (self: object) => unknown;

/** {@link Timers} of one actor in one turn. */
export class TimerService implements Pick<Timers, 'cancel' | 'has' | 'list'> {
  constructor(private readonly context: FacetPlanning<TimerConfig, TimerState>) {}

  schedulePeriodic(name: string, period: Duration | undefined, what: string | Call, ...args: unknown[]): void {
    const periodMs = period === undefined ? this.context.config.defaultPeriod : this.wait(name, 'period', period);
    if (periodMs === undefined) throw this.invalid(name, 'has no period; give it one, or give timer() a defaultPeriod');
    this.schedule(name, periodMs, periodMs, what, args);
  }

  scheduleOnce(name: string, delay: Duration, what: string | Call, ...args: unknown[]): void {
    this.schedule(name, this.wait(name, 'delay', delay), null, what, args);
  }

  cancel(name: string, { ifExists = false }: { readonly ifExists?: boolean } = {}): boolean {
    const { state, planner } = this.context;
    if (!state.has(name)) {
      if (ifExists) return false;
      throw new TimerNotFoundError(this.actor, name, [...state.keys()]);
    }
    state.delete(name);
    planner.afterCommit((alarms) => alarms.clear(name));
    return true;
  }

  has(name: string): boolean {
    return this.context.state.has(name);
  }

  list(): TimerInfo[] {
    const all = [...this.context.state].map(([name, { handler, periodMs, dueAt, ticks }]) => {
      return { name, handler, periodMs, nextAt: new Date(dueAt), ticks };
    });
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private schedule(
    name: string,
    waitMs: number,
    periodMs: number | null,
    what: string | Call,
    args: readonly unknown[],
  ): void {
    const { state, planner, config } = this.context;
    const call = typeof what === 'function' ? what : undefined;
    const dueAt = planner.now() + waitMs;
    const reason =
      whyNoName(name) ??
      (call !== undefined && planner.isDurable ? NEEDS_HANDLER : null) ??
      (dueAt > LAST_TIME ? 'is due at no time that a Date can name' : null);
    if (reason !== null) throw this.invalid(name, reason);
    if (!state.has(name) && state.size >= config.maxTimers)
      throw new TimerLimitError(this.actor, name, config.maxTimers);
    const given: TimerEntry = {
      handler: call === undefined ? (what as string) : null,
      args: call === undefined ? args : [],
      principal: planner.principal,
      periodMs,
      waitMs,
      dueAt,
      generation: planner.generation(),
      ticks: 0,
    };
    const entry: TimerEntry = { ...given, args: planner.check(nextTickOf(name, given, call)) };
    const tick = nextTickOf(name, entry, call);
    state.set(name, entry);
    planner.afterCommit((alarms) => alarms.set(name, tick, waitOf(entry, planner.now())));
  }

  private wait(name: string, what: string, duration: Duration): number {
    try {
      const ms = parseDuration(duration);
      if (ms >= 1) return ms;
    } catch (error) {
      if (!(error instanceof InvalidDurationError)) throw error;
    }
    throw this.invalid(name, `has the ${what} ${String(duration)}, which is no duration of at least 1 ms`);
  }

  private get actor(): string {
    return this.context.actorId;
  }

  private invalid(name: string, reason: string): InvalidTimerError {
    return new InvalidTimerError(this.actor, name, reason);
  }
}

const NEEDS_HANDLER =
  'is to call a function, which cannot be stored with a durable actor; name a handler and its arguments';
