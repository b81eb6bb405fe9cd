import type { Type } from '@nestjs/common';
import { declaredMetadata, lineageOf } from '#core';
import { ACTION, type DeclaredAction, type DeclaredTransition, TRANSITION } from './transition.decorators';
import type { FsmOptions, StateOptions } from './fsm.decorator';

export const FSM = Symbol.for('plexspaces:fsm');

/** One way from one state. */
export interface Rule extends DeclaredTransition {
  readonly from: string;
  readonly event: string;
  /** Empty: internal. */
  readonly to: readonly string[];
}

/** A machine as its class declares it: what there is, not whether it makes sense. */
export interface Machine {
  readonly className: string;
  readonly initial: string;
  readonly states: ReadonlyMap<string, StateOptions>;
  readonly rules: readonly Rule[];
  readonly actions: readonly DeclaredAction[];
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

export function eventsOf(cls: Type<object>): readonly string[] {
  const declared = all<DeclaredTransition>(TRANSITION, cls);
  return [...new Set(declared.map(({ options, property }) => options.on ?? property))];
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
  const rules = all<DeclaredTransition>(TRANSITION, cls).flatMap((declared) => {
    const { from, on, to } = declared.options;
    const sources = from === '*' ? [...states.keys()] : listOf(from);
    return sources.map((source): Rule => ({
      ...declared,
      from: source,
      event: on ?? declared.property,
      to: listOf(to),
    }));
  });
  return { className: cls.name, initial: options.initial, states, rules, actions: all<DeclaredAction>(ACTION, cls) };
}
