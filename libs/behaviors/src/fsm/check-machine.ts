import type { Type } from '@nestjs/common';
import { parseDuration } from '#spi';
import { InvalidBehaviorError } from '../errors';
import type { StateOptions } from './fsm.decorator';
import { enhancerProblems } from './event-enhancers';
import { all, eventsOf, FSM, type Machine, machineOf, rulesFor, TAKEN, type TakenName, transitionsOf } from './machine';
import { MACHINE_FIELD, MACHINE_MESSAGES } from './machine-state';
import { MAX_POSTPONED } from './postpone-event';

/** Everything that is wrong with a machine, found before it runs. @throws InvalidBehaviorError */
export function checkMachine(cls: Type<object>): void {
  const shapeless = shapeProblem(all<unknown>(FSM, cls).at(-1));
  if (shapeless !== null) throw new InvalidBehaviorError(cls.name, 'Fsm', [shapeless]);
  const machine = machineOf(cls);
  const problems = [
    ...stateProblems(cls, machine),
    ...ruleProblems(cls, machine),
    ...actionProblems(machine),
    ...[...machine.states].flatMap(([state, options]) => optionProblems(machine, state, options)),
    ...memberProblems(cls, machine),
  ];
  const unreachable = problems.length > 0 ? [] : unreachableStates(machine);
  if (unreachable.length > 0) problems.push(`no event leads to ${unreachable.join(', ')} from ${machine.initial}`);
  if (problems.length > 0) throw new InvalidBehaviorError(cls.name, 'Fsm', problems);
}

/** What nothing more can be said of: options that the compiler would not take. */
function shapeProblem(options: unknown): string | null {
  if (!isRecord(options) || !isRecord(options['states'])) return 'its states are neither names nor options by name';
  if (Array.isArray(options['states']))
    return options['states'].every((state) => typeof state === 'string') ? null : 'one of its states is no name';
  for (const [state, given] of Object.entries(options['states'])) {
    if (!isRecord(given)) return `the options of state ${state} are no object`;
    const { timeout = {}, eventTimeout = {}, postpone = [] } = given;
    if (!isRecord(timeout) || !isRecord(eventTimeout)) return `a timeout of state ${state} is no object`;
    if (!Array.isArray(postpone)) return `what state ${state} postpones is no list`;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function stateProblems(cls: Type<object>, { initial, states, maxPostponed }: Machine): string[] {
  const { states: given } = all<{ readonly states: unknown }>(FSM, cls).at(-1) as { readonly states: unknown };
  const problems: string[] = [];
  if (states.size === 0) problems.push('it names no state');
  else if (!states.has(initial)) problems.push(`its initial state ${initial} is not among its states`);
  if (Array.isArray(given) && new Set(given).size !== given.length) problems.push('a state is named twice');
  if (!Number.isInteger(maxPostponed) || maxPostponed < 1 || maxPostponed > MAX_POSTPONED)
    problems.push(`its maxPostponed ${String(maxPostponed)} is no integer from 1 to ${MAX_POSTPONED}`);
  if (states.has('*')) problems.push("a state is named '*', which stands for every state");
  return problems;
}

function ruleProblems(cls: Type<object>, machine: Machine): string[] {
  const problems = new Set<string>();
  if (machine.rules.length === 0) problems.add('it has no @Transition()');
  const prototype = cls.prototype as Readonly<Record<string, unknown>>;
  for (const { from, event, to, property, options } of machine.rules) {
    for (const state of [from, ...to])
      if (!machine.states.has(state)) problems.add(`@Transition ${property} names the unknown state ${state}`);
    if (options.guard !== undefined && typeof prototype[options.guard] !== 'function')
      problems.add(`@Transition ${property} names the guard ${options.guard}, which is no method`);
    const rivals = rulesFor(machine, from, event);
    if (rivals.slice(0, -1).some((rival) => rival.options.guard === undefined))
      problems.add(
        `${event} in ${from} has a transition behind one without guard, ${rivals.map((rule) => rule.property).join(', ')}`,
      );
  }
  return [...problems];
}

function actionProblems({ actions, states }: Machine): string[] {
  return actions.flatMap(({ kind, state, property }) => {
    const name = kind === 'entry' ? 'OnEntry' : 'OnExit';
    if (!states.has(state)) return [`@${name} ${property} names the unknown state ${state}`];
    const rivals = actions.filter((other) => other.kind === kind && other.state === state);
    return rivals[0]?.property === property
      ? []
      : [`${state} has two @${name} methods, ${rivals.map((rival) => rival.property).join(' and ')}`];
  });
}

function optionProblems(machine: Machine, state: string, options: StateOptions): string[] {
  const problems = Object.keys(options)
    .filter((name) => !['timeout', 'eventTimeout', 'postpone'].includes(name))
    .map((name) => `state ${state} has an unknown option ${name}`);
  for (const timeout of [options.timeout, options.eventTimeout]) {
    if (timeout === undefined) continue;
    if (rulesFor(machine, state, timeout.event).length === 0)
      problems.push(`the timeout of ${state} is the event ${timeout.event}, which has no transition from there`);
    if (!isPositive(timeout.after))
      problems.push(`the timeout of ${state} is after ${String(timeout.after)}, no duration above 0`);
  }
  for (const event of options.postpone ?? []) {
    if (!machine.rules.some((rule) => rule.event === event))
      problems.push(`${state} postpones ${event}, which no state takes`);
    if (rulesFor(machine, state, event).some((rule) => rule.options.guard === undefined))
      problems.push(`${state} both takes and postpones ${event}`);
  }
  return problems;
}

function memberProblems(cls: Type<object>, machine: Machine): string[] {
  const prototype = cls.prototype as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  if (typeof prototype['toSnapshot'] === 'function')
    problems.push(`it has toSnapshot(), so that its state, the field ${MACHINE_FIELD}, would not be kept`);
  for (const { name, by } of all<readonly TakenName[]>(TAKEN, cls).flat())
    problems.push(
      by.length > 0
        ? `its event ${name}, of @Transition ${by.join(', ')}, has the name of the member ${name}, which is no transition`
        : `its member ${name} has the name of a message of the machine's own`,
    );
  for (const event of eventsOf(cls)) {
    problems.push(...enhancerProblems(event, transitionsOf(cls, event)));
    if (event in Object.prototype || (MACHINE_MESSAGES as readonly string[]).includes(event))
      problems.push(`its event ${event} has a name that is taken`);
  }
  for (const { property } of machine.rules)
    if (machine.actions.some((action) => action.property === property))
      problems.push(`${property} is both a transition and an action`);
  return problems;
}

function unreachableStates(machine: Machine): readonly string[] {
  const reached = new Set([machine.initial]);
  for (const state of reached)
    for (const rule of machine.rules) if (rule.from === state) for (const to of rule.to) reached.add(to);
  return [...machine.states.keys()].filter((state) => !reached.has(state));
}

function isPositive(after: unknown): boolean {
  try {
    return parseDuration(after as string) > 0;
  } catch {
    return false;
  }
}
