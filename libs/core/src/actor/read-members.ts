import type { Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import { type DeclaredMember, declaredBy, lineageOf } from './metadata';

/** A decorated method that is one, in the class that declared it last. */
export interface Method<Options> {
  readonly property: string;
  readonly options: Options;
  readonly original: (...args: unknown[]) => unknown;
  readonly declaredIn: Type<object>;
}

const WHY_NOT = {
  accessor: 'an accessor, and a message is a call',
  field: 'a field; Nest and the runtime see methods of the class only',
  static: 'static, and an actor is an instance',
} as const;

/**
 * Methods that carry `decorator`, inherited ones included. An override must repeat the decorator: taking it over
 * silently would drop the guards beside it, leaving it out silently would run an effect unrecorded.
 */
export function readMethods<Options>(
  cls: Type<object>,
  key: symbol,
  decorator: string,
): ReadonlyMap<string, Method<Options>> {
  const found = new Map<string, Method<Options>>();
  for (const declaredIn of lineageOf(cls)) {
    const own = declaredBy<DeclaredMember<Options>>(key, declaredIn);
    const redeclared = new Set(own.map((member) => member.property));
    for (const property of found.keys())
      if (Object.hasOwn(declaredIn.prototype as object, property) && !redeclared.has(property))
        throw new InvalidActorClassError(
          cls.name,
          `${property} overrides a ${decorator} method without ${decorator}`,
          `Repeat ${decorator}, and what stands beside it, on the override.`,
        );
    for (const member of own) {
      const property = checkIsMethod(cls, member, decorator);
      const original = member.original as Method<Options>['original'];
      found.set(property, { property, options: member.options, original, declaredIn });
    }
  }
  return found;
}

/** Refuses options nobody reads: a typing error would otherwise go unnoticed. */
export function checkOptionNames(className: string, where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new InvalidActorClassError(className, `${where} has no options object`, 'Give it one.');
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new InvalidActorClassError(
        className,
        `${where} has an unknown option ${JSON.stringify(name)}`,
        `It knows: ${known.join(', ')}.`,
      );
}

function checkIsMethod(cls: Type<object>, member: DeclaredMember, decorator: string): string {
  const { property, kind } = member;
  if (kind !== 'method')
    throw new InvalidActorClassError(
      cls.name,
      `${String(property)} has ${decorator} but is ${WHY_NOT[kind]}`,
      `Put ${decorator} on an ordinary method.`,
    );
  if (typeof property !== 'string')
    throw new InvalidActorClassError(
      cls.name,
      `${String(property)} has ${decorator} but its name is a symbol`,
      'Give the method a plain name: it is written to the journal.',
    );
  return property;
}
