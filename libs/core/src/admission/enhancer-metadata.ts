import type { Type } from '@nestjs/common';

/**
 * Where `@UseGuards` and its siblings leave what they were given. Nest exports these names on deep paths only,
 * which differ between its versions; admission.spec.ts notices if one of them changes.
 */
export const GUARDS = '__guards__';
export const INTERCEPTORS = '__interceptors__';
export const PIPES = '__pipes__';
export const FILTERS = '__exceptionFilters__';
const PARAMETERS = '__routeArguments__';
const PARAMETER_TYPES = 'design:paramtypes';

/** What a parameter decorator leaves, and what Nest is handed in place of it. */
export interface ParameterMetadata {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes: readonly unknown[];
  readonly factory?: unknown;
}

export function hasEnhancer(cls: Type<object>, method: object, key: string): boolean {
  return isFilled(Reflect.getMetadata(key, cls)) || isFilled(Reflect.getMetadata(key, method));
}

/** Parameters made by `createParamDecorator`, under Nest's keys. */
export function customParameters(cls: Type<object>, property: string): Readonly<Record<string, ParameterMetadata>> {
  return (Reflect.getMetadata(PARAMETERS, cls, property) ?? {}) as Record<string, ParameterMetadata>;
}

/** How many parameters a method declares. Its `length` stops at the first default; its types are there once it is decorated. */
export function countParameters(cls: Type<object>, property: string, method: { readonly length: number }): number {
  const types = Reflect.getMetadata(PARAMETER_TYPES, cls.prototype as object, property) as unknown[] | undefined;
  return Math.max(types?.length ?? 0, method.length);
}

/** Lets `copy` answer `Reflector` as the method does. */
export function copyMetadata(method: object, copy: object): void {
  for (const key of Reflect.getMetadataKeys(method) as unknown[])
    Reflect.defineMetadata(key, Reflect.getMetadata(key, method), copy);
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
