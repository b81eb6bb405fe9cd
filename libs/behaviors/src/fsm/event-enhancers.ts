import type { Type } from '@nestjs/common';
import type { DeclaredTransition } from './transition.decorators';

const PIPES = '__pipes__';
/** Where Nest keeps what stands around a method; see `libs/core/src/admission/enhancer-metadata.ts`. */
const ENHANCERS: Readonly<Record<string, string>> = {
  __guards__: 'guards',
  [PIPES]: 'pipes',
  __interceptors__: 'interceptors',
  __exceptionFilters__: 'filters',
};
const PARAMETERS = '__routeArguments__';
const PARAMETER_TYPES = 'design:paramtypes';

type Transition = Pick<DeclaredTransition, 'property' | 'method' | 'declaredIn'>;

/**
 * What stands around an event is what stands around its transitions. It runs in the caller's process, where nobody knows the
 * state: so it is the same for all of them.
 * @returns what is wrong
 */
export function enhancerProblems(event: string, transitions: readonly Transition[]): string[] {
  const [first, ...others] = transitions as [Transition, ...Transition[]];
  const problems: string[] = [];
  for (const other of others) {
    const names = `${first.property} and ${other.property}`;
    for (const [key, what] of Object.entries(ENHANCERS))
      if (!sameList(listOf(first, key), listOf(other, key)))
        problems.push(`the event ${event} has other ${what} at ${names}, and the state is not known where they run`);
    const [types, otherTypes] = [typesOf(first), typesOf(other)];
    if (isPiped(first) && types.some((type, i) => i < otherTypes.length && type !== otherTypes[i]))
      problems.push(`the event ${event} has parameters of other types at ${names}, and pipes look at them`);
    if (!sameParameters(parametersOf(first), parametersOf(other)))
      problems.push(`the event ${event} has other parameter decorators at ${names}`);
  }
  return problems;
}

/** Lets the event's message answer Nest as its transitions do. */
export function copyEnhancers(
  cls: Type<object>,
  event: string,
  message: object,
  transitions: readonly Transition[],
): void {
  for (const { method } of transitions)
    for (const key of Reflect.getMetadataKeys(method) as unknown[])
      if (!Reflect.hasOwnMetadata(key, message)) Reflect.defineMetadata(key, Reflect.getMetadata(key, method), message);
  const most = transitions.reduce((best, other) => (typesOf(other).length > typesOf(best).length ? other : best));
  Reflect.defineMetadata(PARAMETER_TYPES, typesOf(most), cls.prototype as object, event);
  const parameters = parametersOf(most);
  if (Object.keys(parameters).length > 0) Reflect.defineMetadata(PARAMETERS, parameters, cls, event);
}

function typesOf({ declaredIn, property, method }: Transition): readonly unknown[] {
  const types: unknown = Reflect.getMetadata(PARAMETER_TYPES, declaredIn.prototype as object, property);
  return Array.isArray(types) ? types : Array.from({ length: method.length }, () => Object);
}

function parametersOf({ declaredIn, property }: Transition): Readonly<Record<string, object>> {
  return (Reflect.getMetadata(PARAMETERS, declaredIn, property) ?? {}) as Record<string, object>;
}

function listOf({ method }: Transition, key: string): readonly unknown[] {
  const list: unknown = Reflect.getMetadata(key, method);
  return Array.isArray(list) ? list : [];
}

function isPiped(transition: Transition): boolean {
  const ofClass: unknown = Reflect.getMetadata(PIPES, transition.declaredIn);
  return listOf(transition, PIPES).length > 0 || (Array.isArray(ofClass) && ofClass.length > 0);
}

function sameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, i) => item === other[i]);
}

function sameParameters(one: Readonly<Record<string, object>>, other: Readonly<Record<string, object>>): boolean {
  const entries = (all: Readonly<Record<string, object>>): unknown[] =>
    Object.values(all).flatMap((parameter) => Object.values<unknown>(parameter as Record<string, unknown>).flat());
  return sameList(entries(one), entries(other));
}
