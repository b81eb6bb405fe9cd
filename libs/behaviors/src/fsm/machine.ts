import type { Type } from '@nestjs/common';
import { CONTEXT_PARAMETER, declaredMetadata, type DeclaredParameter, lineageOf } from '#core';
import { ACTION, type DeclaredAction, type DeclaredTransition, TRANSITION } from './transition.decorators';
import type { FsmOptions, StateOptions } from './fsm.decorator';
import { MAX_POSTPONED } from './postpone-event';

export const FSM = Symbol.for('plexspaces:fsm');
/** {@link TakenName}s, found before the machine's own messages are put in. */
export const TAKEN = Symbol.for('plexspaces:fsm-taken');

/** A member of the class with the name of an event, or of a message of the machine's. */
export interface TakenName {
  readonly name: string;
  /** The transitions of that event; none for a message of the machine's. */
  readonly by: readonly string[];
}

/** One way from one state. */
export interface Rule extends DeclaredTransition {
  readonly from: string;
  readonly event: string;
  /** Empty: internal. */
  readonly to: readonly string[];
  /** Positions of its `@Ctx()` parameters, rising. */
  readonly contextAt: readonly number[];
}

/** A machine as its class declares it: what there is, not whether it makes sense. */
export interface Machine {
  readonly className: string;
  readonly initial: string;
  readonly states: ReadonlyMap<string, StateOptions>;
  readonly rules: readonly Rule[];
  /** Their names. */
  readonly events: ReadonlySet<string>;
  readonly actions: readonly DeclaredAction[];
  readonly maxPostponed: number;
}

const machines = new WeakMap<object, Machine>();

export function machineOf(cls: Type<object>): Machine {
  let machine = machines.get(cls);
  if (machine === undefined) machines.set(cls, (machine = readMachine(cls)));
  return machine;
}

export function all<T>(key: symbol, cls: Type<object>): readonly T[] {
  return lineageOf(cls).flatMap((ancestor) => declaredMetadata<T>(key, ancestor));
}

/** As they are declared; of one event, or all of them. */
export function transitionsOf(cls: Type<object>, event?: string): readonly DeclaredTransition[] {
  const declared = all<DeclaredTransition>(TRANSITION, cls);
  return event === undefined ? declared : declared.filter((transition) => eventOf(transition) === event);
}

export function eventsOf(cls: Type<object>): readonly string[] {
  return [...new Set(transitionsOf(cls).map(eventOf))];
}

function eventOf({ options, property }: DeclaredTransition): string {
  return options.on ?? property;
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  if (names === undefined) return [];
  return typeof names === 'string' ? [names] : names;
}

/** What an event may do in a state, in the order of declaration. */
export function rulesFor(machine: Machine, state: string, event: string): readonly Rule[] {
  return machine.rules.filter((rule) => rule.from === state && rule.event === event);
}

function readMachine(cls: Type<object>): Machine {
  const options = all<FsmOptions>(FSM, cls).at(-1) as FsmOptions;
  const states = new Map<string, StateOptions>(
    Array.isArray(options.states)
      ? (options.states as readonly string[]).map((state) => [state, {}])
      : Object.entries(options.states as Readonly<Record<string, StateOptions>>),
  );
  const rules = transitionsOf(cls).flatMap((declared) => {
    const { from, to } = declared.options;
    const sources = from === '*' ? [...states.keys()] : listOf(from);
    return sources.map((source): Rule => ({
      ...declared,
      from: source,
      event: eventOf(declared),
      to: listOf(to),
      contextAt: contextPositions(declared),
    }));
  });
  return {
    className: cls.name,
    initial: options.initial,
    states,
    rules,
    events: new Set(rules.map(({ event }) => event)),
    actions: all<DeclaredAction>(ACTION, cls),
    maxPostponed: options.maxPostponed ?? MAX_POSTPONED,
  };
}

function contextPositions({ declaredIn, property }: DeclaredTransition): readonly number[] {
  return declaredMetadata<DeclaredParameter>(CONTEXT_PARAMETER, declaredIn)
    .filter((parameter) => parameter.property === property)
    .map((parameter) => parameter.index)
    .sort((a, b) => a - b);
}
