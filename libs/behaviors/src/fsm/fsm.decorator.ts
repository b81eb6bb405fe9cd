import type { Type } from '@nestjs/common';
import { CLASS_CHECK, declareMetadata, Handle, State } from '#core';
import type { Duration } from '#spi';
import { checkMachine } from './check-machine';
import { eventsOf, FSM } from './machine';
import { MACHINE_FIELD } from './machine-state';
import { begin, handleAgain, handleEvent, handleTimeout } from './run-machine';

/** An event that comes by itself. @publicApi */
export interface StateTimeout {
  readonly after: Duration;
  /** Handled by a `@Transition` from this state, without arguments. */
  readonly event: string;
}

/** Options of one state. @publicApi */
export interface StateOptions {
  /** After this long in the state. Events that change nothing about the state do not move it. */
  readonly timeout?: StateTimeout;
  /** After this long without an event. Each event leaves one delayed message behind until it is due. */
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
}

type Methods = Record<string, ((...args: unknown[]) => unknown) | undefined>;

/**
 * Makes an actor class a state machine. Its `@Transition` methods say what an event does in a state; each event is a message.
 * An event that the state does not take is an `UnexpectedEventError`. The state is part of the actor's and as durable as that
 * is. It is checked at start: unknown or unreachable states, transitions that exclude each other, timeouts nobody handles.
 *
 * Beside `@Actor`, above or below it. In a transition, `actorContext()` gives the context. `stateOf(this)` is the state.
 * @publicApi
 */
export function Fsm(options: FsmOptions): ClassDecorator {
  return (target) => {
    const cls = target as unknown as Type<object>;
    declareMetadata(FSM, cls, options);
    declareMetadata(CLASS_CHECK, cls, checkMachine);
    State()(cls.prototype as object, MACHINE_FIELD);
    for (const event of eventsOf(cls))
      message(cls, event, {}, function (...args) {
        return handleEvent(this, event, args);
      });
    message(cls, 'fsmAgain', { only: 'tell' }, function (event, args, rank) {
      return handleAgain(this, event as string, args as readonly unknown[], rank as number);
    });
    message(cls, 'fsmTimeout', { only: 'tell' }, function (kind, generation) {
      return handleTimeout(this, kind as 'state' | 'event', generation as number);
    });
    beginOnCreate(cls);
  };
}

function message(
  cls: Type<object>,
  name: string,
  options: Parameters<typeof Handle>[0],
  value: (this: object, ...args: unknown[]) => unknown,
): void {
  const descriptor: PropertyDescriptor = { value, writable: true, configurable: true, enumerable: false };
  const prototype = cls.prototype as object;
  Object.defineProperty(prototype, name, descriptor);
  Handle(options)(prototype, name, descriptor);
}

function beginOnCreate(cls: Type<object>): void {
  const prototype = cls.prototype as Methods;
  const original = prototype['onCreate'];
  const value = async function (this: object, ...args: unknown[]): Promise<void> {
    await original?.apply(this, args);
    await begin(this);
  };
  Object.defineProperty(prototype, 'onCreate', { value, writable: true, configurable: true, enumerable: false });
}
