import type { Type } from '@nestjs/common';
import type { HandlerDefinition } from '../actor/actor-definition';
import { InvalidActorClassError } from '../errors';

const TRAP_EXIT = Symbol.for('plexspaces:trap-exit');

/**
 * Beside `@Handle()`: when an actor that this one is linked to ends, that is a message to this handler, with an
 * {@link ExitSignal}; without it a linked actor's crash is its own. One per class. @publicApi
 */
export function TrapExit(): MethodDecorator {
  return (target, property) => {
    const all = (Reflect.getOwnMetadata(TRAP_EXIT, target.constructor) as (string | symbol)[] | undefined) ?? [];
    Reflect.defineMetadata(TRAP_EXIT, [...all, property], target.constructor);
  };
}

/** The handler that exits of linked actors go to; `null`: the class traps none. @throws InvalidActorClassError */
export function readTrapExit(cls: Type<object>, handlers: ReadonlyMap<string, HandlerDefinition>): string | null {
  const all = Reflect.getMetadata(TRAP_EXIT, cls) as (string | symbol)[] | undefined;
  if (all === undefined) return null;
  const handler = [...handlers.values()].find(({ property }) => property === all[0]);
  if (all.length === 1 && handler?.readOnly === false) return handler.name;
  throw new InvalidActorClassError(
    cls.name,
    `@TrapExit() stands at ${all.map(String).join(', ')}`,
    'Put it beside the @Handle() of one method, which may not be readOnly.',
  );
}
