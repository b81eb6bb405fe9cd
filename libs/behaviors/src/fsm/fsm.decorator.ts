import type { Type } from '@nestjs/common';
import { CLASS_CHECK, declareMetadata, DISPATCH, State } from '#core';
import type { Duration } from '#spi';
import { addMessage, memberOf } from '../taken-names';
import { checkMachine } from './check-machine';
import { copyEnhancers } from './event-enhancers';
import { eventsOf, FSM, TAKEN, type TakenName, transitionsOf } from './machine';
import { dispatchMessage } from './dispatch-message';
import { MACHINE_FIELD, MACHINE_MESSAGES } from './machine-state';
import { create } from './run-machine';

/** An event that comes by itself. @publicApi */
export interface StateTimeout {
  readonly after: Duration;
  /**
   * Handled by a `@Transition` from this state, without arguments. Where the guards of all of them say no, it is tried again
   * and then parked, with `UntakenTimeoutError`.
   */
  readonly event: string;
}

/** Options of one state. @publicApi */
export interface StateOptions {
  /** After this long in the state. Events that change nothing about the state do not move it. */
  readonly timeout?: StateTimeout;
  /**
   * After this long without an event, from the entry on; one that was postponed counts, and so does this one. An event that failed
   * does not. Each leaves one delayed message behind until it is due.
   */
  readonly eventTimeout?: StateTimeout;
  /** Events that are kept until the state changes. */
  readonly postpone?: readonly string[];
}

/** Options of `@Fsm()`. @publicApi */
export interface FsmOptions {
  /** It is entered by `onCreate`, or with the first event of a virtual actor. */
  readonly initial: string;
  /** Names, or options by name. */
  readonly states: readonly string[] | Readonly<Record<string, StateOptions>>;
  /** Postponed events it keeps at most, of 1 MB together; one more is a `PostponeLimitError`. 1 to 1,000, the default. */
  readonly maxPostponed?: number;
}

/**
 * Makes an actor class a state machine. Its `@Transition` methods say what an event does in a state; each event is a message.
 * An event that the state does not take is an `UnexpectedEventError`. The state is part of the actor's and as durable as that
 * is. It is checked at start: unknown or unreachable states, transitions that exclude each other, timeouts nobody handles.
 *
 * Beside `@Actor`, above or below it. What makes a transition is the message: `this.shut()` is an ordinary call of a method, in a
 * turn as on an instance made with `new`. To send the machine an event from within, tell it to the actor itself. In a transition, `actorContext()` gives the context. `stateOf(this)` is the state.
 * @publicApi
 */
export function Fsm(options: FsmOptions): ClassDecorator {
  return (target) => {
    const cls = target as unknown as Type<object>;
    declareMetadata(FSM, cls, options);
    declareMetadata(CLASS_CHECK, cls, checkMachine);
    declareMetadata(DISPATCH, cls, dispatchMessage);
    State()(cls.prototype as object, MACHINE_FIELD);
    declareMetadata(TAKEN, cls, takenNames(cls)); // they are about to be overwritten
    for (const event of eventsOf(cls)) addEvent(cls, event);
    const prototype = cls.prototype as object;
    for (const name of MACHINE_MESSAGES) addMessage(prototype, name, { only: 'self' }, noMethod(name));
    beginOnCreate(cls);
  };
}

/** Who calls the method of this name calls the one that the class has: events go to {@link dispatchMessage}. */
function addEvent(cls: Type<object>, event: string): void {
  const method = transitionsOf(cls).findLast(({ property }) => property === event)?.method ?? noMethod(event);
  const message = function (this: object, ...args: unknown[]): unknown {
    return method.apply(this, args);
  };
  Object.defineProperty(message, 'name', { value: event });
  addMessage(cls.prototype as object, event, {}, message);
  copyEnhancers(cls, event, message, transitionsOf(cls, event));
}

function noMethod(name: string): () => never {
  return () => {
    throw new TypeError(`${name} is a message of the machine and no method of its class: send it, through a ref.`);
  };
}

/** Members of the class that have the name of a message of the machine's and are no transition. */
function takenNames(cls: Type<object>): readonly TakenName[] {
  const transitions = new Set<unknown>(transitionsOf(cls).map(({ method }) => method));
  return [...eventsOf(cls), ...MACHINE_MESSAGES].flatMap((name): TakenName[] => {
    const member = memberOf(cls.prototype as object, name);
    if (member === undefined || transitions.has(member)) return [];
    return [{ name, by: transitionsOf(cls, name).map(({ property }) => property) }];
  });
}

function beginOnCreate(cls: Type<object>): void {
  const prototype = cls.prototype as { onCreate?: (...args: unknown[]) => unknown };
  const original = prototype.onCreate;
  const value = async function (this: object, ...args: unknown[]): Promise<void> {
    await original?.apply(this, args);
    await create(this);
  };
  Object.defineProperty(prototype, 'onCreate', { value, writable: true, configurable: true, enumerable: false });
}
