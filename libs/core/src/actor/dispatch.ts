import type { Type } from '@nestjs/common';
import type { HandlerDefinition } from './actor-definition';
import { declaredBy, DISPATCH, lineageOf } from './metadata';

/** A message that is about to be handled. */
export interface Dispatched {
  readonly handler: HandlerDefinition;
  /** Without the context, whatever the handler's parameters are. */
  readonly args: readonly unknown[];
  /** A run of something that a facet has planned; nobody sent it. */
  readonly isPlanned: boolean;
  /** Calls the method of a handler, by the message's name. @throws UnknownMethodError */
  readonly call: (name: string, args: readonly unknown[]) => unknown;
}

/** What a behaviour has its messages do, in place of a call of their handler; readOnly ones are called all the same. */
export type Dispatch = (self: object, message: Dispatched) => unknown;

/** That of the class, or of the nearest one it extends. */
export function readDispatch(cls: Type<object>): Dispatch | null {
  return (
    lineageOf(cls)
      .flatMap((ancestor) => declaredBy<Dispatch>(DISPATCH, ancestor))
      .at(-1) ?? null
  );
}
