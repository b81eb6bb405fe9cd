import type { Type } from '@nestjs/common';

/**
 * What the decorators write and the explorer reads; nobody else does either. The keys are `Symbol.for`, so two
 * copies of this package in one process understand each other's classes.
 */
export const ACTOR = Symbol.for('plexspaces:actor');
export const HANDLER = Symbol.for('plexspaces:handler');
export const SIDE_EFFECT = Symbol.for('plexspaces:side-effect');
export const STATE = Symbol.for('plexspaces:state');
export const TRANSIENT = Symbol.for('plexspaces:transient');
export const ON_PARKED = Symbol.for('plexspaces:on-parked');
export const FACETS = Symbol.for('plexspaces:facets');
/** Further checks of a class, by decorators that give it a behaviour: called with it when it is defined. */
export const CLASS_CHECK = Symbol.for('plexspaces:class-check');
/** One {@link Dispatch}, by a decorator that gives a class a behaviour. */
export const DISPATCH = Symbol.for('plexspaces:dispatch');
export const CONTEXT_PARAMETER = Symbol.for('plexspaces:context-parameter');

/** A member as its decorator found it. Whether it makes sense there is for the explorer to say. */
export interface DeclaredMember<Options = unknown> {
  readonly property: string | symbol;
  readonly kind: 'method' | 'accessor' | 'field' | 'static';
  /** The method as written, before any decorator wrapped it. */
  readonly original: unknown;
  readonly options: Options;
}

/** A `@Ctx()` parameter; `constructor` stands for the constructor's own. */
export interface DeclaredParameter {
  readonly property: string | symbol;
  readonly index: number;
}

/** Adds to the list that the class itself keeps under `key`; lists of its ancestors stay theirs. */
export function declare(key: symbol, target: object, item: unknown): void {
  const host = typeof target === 'function' ? target : target.constructor;
  Reflect.defineMetadata(key, [...declaredBy(key, host), item], host);
}

export function declareMember<Options>(
  key: symbol,
  target: object,
  property: string | symbol,
  descriptor: PropertyDescriptor | undefined,
  options: Options,
): void {
  const original: unknown = descriptor?.value;
  const member: DeclaredMember<Options> = { property, kind: kindOf(target, descriptor), original, options };
  declare(key, target, member);
}

/** What this class declared, without its ancestors, in order of declaration. */
export function declaredBy<T>(key: symbol, cls: object): readonly T[] {
  return (Reflect.getOwnMetadata(key, cls) as readonly T[] | undefined) ?? [];
}

/** The classes `cls` is made of, the most basic one first. */
export function lineageOf(cls: Type<object>): readonly Type<object>[] {
  const lineage: Type<object>[] = [];
  let current: unknown = cls;
  while (typeof current === 'function' && current !== Function.prototype) {
    lineage.unshift(current as Type<object>);
    current = Object.getPrototypeOf(current);
  }
  return lineage;
}

function kindOf(target: object, descriptor: PropertyDescriptor | undefined): DeclaredMember['kind'] {
  if (typeof target === 'function') return 'static';
  if (descriptor === undefined) return 'field';
  return typeof descriptor.value === 'function' ? 'method' : 'accessor';
}
