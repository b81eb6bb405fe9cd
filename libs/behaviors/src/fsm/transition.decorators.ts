import type { Type } from '@nestjs/common';
import { declareMetadata } from '#core';

/** Options of `@Transition()`. @publicApi */
export interface TransitionOptions {
  /** The state, or states, it leads from; `'*'` for every one. */
  readonly from: string | readonly string[];
  /** The event: a message of this name. Default: the method's name. */
  readonly on?: string;
  /**
   * Where it leads. Left out: an internal transition, the machine stays as it is. Several: the method chooses, by returning
   * the state's name or `moveTo(state, answer)`. The state it leads from: the machine leaves and enters it again.
   */
  readonly to?: string | readonly string[];
  /** Name of a method that is given the event's arguments: with `false` the next transition of the event is looked at. */
  readonly guard?: string;
}

/** @internal A transition as declared. */
export interface DeclaredTransition {
  readonly property: string;
  readonly method: (...args: unknown[]) => unknown;
  readonly options: TransitionOptions;
  /** The class whose source has it. */
  readonly declaredIn: Type<object>;
}

/** @internal An entry or exit action as declared. */
export interface DeclaredAction {
  readonly kind: 'entry' | 'exit';
  readonly property: string;
  readonly state: string;
}

export const TRANSITION = Symbol.for('plexspaces:fsm-transition');
export const ACTION = Symbol.for('plexspaces:fsm-action');

/**
 * What the machine does when an event comes in a state. What the method returns is the event's answer. Guards, pipes,
 * interceptors and filters beside it stand around the event as around a `@Handle()`: in the caller's process, once. The state is
 * not known there, so all transitions of one event have the same, or it is refused at start.
 * @publicApi
 */
export function Transition(options: TransitionOptions): MethodDecorator {
  return (target, property, descriptor) => {
    const method = descriptor.value as unknown as DeclaredTransition['method'];
    const declaredIn = target.constructor as Type<object>;
    const declared: DeclaredTransition = { property: String(property), method, options, declaredIn };
    declareMetadata(TRANSITION, target, declared);
  };
}

/** Runs when the machine comes into the state, after the method of the transition. @publicApi */
export function OnEntry(state: string): MethodDecorator {
  return action('entry', state);
}

/** Runs when the machine leaves the state, after the method of the transition. @publicApi */
export function OnExit(state: string): MethodDecorator {
  return action('exit', state);
}

function action(kind: DeclaredAction['kind'], state: string): MethodDecorator {
  return (target, property) =>
    declareMetadata(ACTION, target, { kind, property: String(property), state } satisfies DeclaredAction);
}
