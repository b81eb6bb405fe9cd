import type { Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import { type HookName, HOOKS } from './hook-names';
import { CONTEXT_PARAMETER, type DeclaredParameter, declaredBy, lineageOf } from './metadata';

/** Positions of the `@Ctx()` parameters of a method, rising, as the class that declares it last has them. */
export function contextPositions(cls: Type<object>, property: string): readonly number[] {
  const owner = lineageOf(cls).findLast((ancestor) => Object.hasOwn(ancestor.prototype as object, property));
  if (owner === undefined) return [];
  return declaredBy<DeclaredParameter>(CONTEXT_PARAMETER, owner)
    .filter((parameter) => parameter.property === property)
    .map((parameter) => parameter.index)
    .sort((a, b) => a - b);
}

/** The life-cycle methods a class has, with their `@Ctx()` positions. */
export function readHooks(cls: Type<object>): ReadonlyMap<HookName, readonly number[]> {
  const prototype = cls.prototype as Record<string, unknown>;
  return new Map(
    HOOKS.filter((hook) => typeof prototype[hook] === 'function').map((hook) => [hook, contextPositions(cls, hook)]),
  );
}

/** Refuses `@Ctx()` where nobody would fill it in. */
export function checkContextParameters(cls: Type<object>, filled: ReadonlySet<string>): void {
  for (const ancestor of lineageOf(cls))
    for (const { property } of declaredBy<DeclaredParameter>(CONTEXT_PARAMETER, ancestor))
      if (typeof property !== 'string' || !filled.has(property))
        throw new InvalidActorClassError(
          cls.name,
          `a parameter of ${String(property)} has @Ctx(), but only handlers and onCreate are given the context that way`,
          'Call actorContext() there instead.',
        );
}
