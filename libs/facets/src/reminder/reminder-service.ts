import { isDeepStrictEqual } from 'node:util';
import type { FacetPlanning } from '#core';
import { InvalidReminderError, ReminderLimitError, ReminderNotFoundError } from '../errors';
import { whyNoName } from '../plan-name';
import { firstTime } from './next-run';
import { type Recurrence, Refusal, type Schedule, readRecurrence } from './recurrence';
import { type ReminderEntry, type ReminderState, runOf } from './reminder-entry';
import type { ReminderConfig } from './reminder.facet';
import type { ReminderInfo, Reminders } from './reminders';

type Registration = ReturnType<Reminders['register']>;

/** {@link Reminders} of one actor in one turn. */
export class ReminderService implements Omit<Reminders, 'register'> {
  constructor(private readonly context: FacetPlanning<ReminderConfig, ReminderState>) {}

  register(name: string, recurrence: Recurrence | undefined, handler: string, ...args: unknown[]): Registration {
    const { state, planner, config } = this.context;
    const schedule = this.scheduleOf(name, recurrence ?? config.defaultRecurrence);
    const before = state.get(name);
    if (before !== undefined && this.isSame(name, before, { ...before, schedule, handler, args })) return 'unchanged';
    if (before === undefined && state.size >= config.maxReminders)
      throw new ReminderLimitError(this.context.actorId, name, config.maxReminders);
    const registeredAt = planner.now();
    const dueAt = firstTime({ schedule, registeredAt }, registeredAt);
    if (dueAt === null) throw this.invalid(name, 'has no time to run, before its until or that a Date can name');
    const { principal } = planner;
    const generation = planner.generation();
    const plan = { schedule, registeredAt, handler, args, principal, generation };
    const given: ReminderEntry = { ...plan, number: 1, dueAt, settled: 0, runs: 0 };
    const entry: ReminderEntry = { ...given, args: planner.check(runOf(name, given)) };
    if (before !== undefined) this.takeBack(name, before);
    this.send(name, entry);
    return before === undefined ? 'registered' : 'replaced';
  }

  cancel(name: string, { ifExists = false }: { readonly ifExists?: boolean } = {}): boolean {
    const { state } = this.context;
    if (ifExists && !state.has(name)) return false;
    this.takeBack(name, this.find(name));
    state.delete(name);
    return true;
  }

  unregister(name: string, options?: { readonly ifExists?: boolean }): boolean {
    return this.cancel(name, options);
  }

  pause(name: string): boolean {
    const entry = this.find(name);
    if (entry.dueAt === null) return false;
    this.takeBack(name, entry);
    this.context.state.set(name, { ...entry, dueAt: null });
    return true;
  }

  resume(name: string): boolean {
    const entry = this.find(name);
    if (entry.dueAt !== null) return false;
    const dueAt = firstTime(entry, this.context.planner.now());
    if (dueAt === null) this.context.state.delete(name);
    else this.send(name, { ...entry, number: entry.number + 1, dueAt });
    return true;
  }

  has(name: string): boolean {
    return this.context.state.has(name);
  }

  list(): ReminderInfo[] {
    const all = [...this.context.state].map(([name, { handler, dueAt, runs }]) => {
      return { name, handler, nextAt: dueAt === null ? null : new Date(dueAt), runs };
    });
    return all.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private send(name: string, entry: ReminderEntry): void {
    this.context.planner.send(runOf(name, entry), entry.dueAt ?? 0);
    this.context.state.set(name, entry);
  }

  /** Compared as they are kept: a codec gives plain objects for those without a prototype, and 0 for -0. */
  private isSame(name: string, before: ReminderEntry, given: ReminderEntry): boolean {
    if (before.handler !== given.handler || !isDeepStrictEqual(before.schedule, given.schedule)) return false;
    return isDeepStrictEqual(before.args, this.context.planner.check(runOf(name, given)));
  }

  private takeBack(name: string, { generation, number, dueAt }: ReminderEntry): void {
    if (dueAt !== null) this.context.planner.withdraw({ name, generation, number });
  }

  private find(name: string): ReminderEntry {
    const { state, actorId } = this.context;
    const entry = state.get(name);
    if (entry === undefined) throw new ReminderNotFoundError(actorId, name, [...state.keys()]);
    return entry;
  }

  private scheduleOf(name: string, recurrence: Recurrence | undefined): Schedule {
    const { planner } = this.context;
    const reason =
      whyNoName(name) ??
      (planner.isDurable ? null : 'needs an actor with durability(), which keeps it') ??
      (recurrence === undefined ? 'has no recurrence; give it one, or give reminder() a defaultRecurrence' : null);
    if (reason !== null) throw this.invalid(name, reason);
    try {
      return readRecurrence(recurrence as Recurrence, planner.now());
    } catch (error) {
      throw error instanceof Refusal ? this.invalid(name, error.message) : error;
    }
  }

  private invalid(name: string, reason: string): InvalidReminderError {
    return new InvalidReminderError(this.context.actorId, name, reason);
  }
}
