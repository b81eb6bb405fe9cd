import type { Type } from '@nestjs/common';
import { InvalidActorClassError } from '../errors';
import type { StateLayout } from './actor-definition';
import { type DeclaredMember, declaredBy, lineageOf, STATE, TRANSIENT } from './metadata';

/** How a class keeps its state: by `@State()` fields, or by `toSnapshot()` and `fromSnapshot()`. */
export function readState(cls: Type<object>): StateLayout {
  const fields = readFields(cls, STATE, '@State()');
  const transient = new Set(readFields(cls, TRANSIENT, '@Transient()'));
  const both = fields.find((field) => transient.has(field));
  if (both !== undefined) refuse(cls, `field ${both} is both @State() and @Transient()`, 'Keep one of the decorators.');

  const { toSnapshot, fromSnapshot } = cls.prototype as Record<string, unknown>;
  const custom = typeof toSnapshot === 'function';
  if (custom !== (typeof fromSnapshot === 'function'))
    refuse(
      cls,
      `it has ${custom ? 'toSnapshot() but no fromSnapshot()' : 'fromSnapshot() but no toSnapshot()'}`,
      'Give both, as instance methods: one makes the snapshot, the other takes it in.',
    );
  if (custom && fields.length > 0)
    refuse(
      cls,
      `it has toSnapshot() and @State() on ${fields.join(', ')}`,
      'Choose one way: put the fields into the snapshot, or drop toSnapshot() and fromSnapshot().',
    );
  return { fields, custom, transient };
}

/** Slots of the journal that are not fields have names of these forms. */
const NOT_A_FIELD = /^\$|^facet:|^__proto__$|^constructor$/;

function readFields(cls: Type<object>, key: symbol, decorator: string): readonly string[] {
  const names = new Set<string>();
  for (const ancestor of lineageOf(cls)) {
    for (const { property, kind } of declaredBy<DeclaredMember>(key, ancestor)) {
      if (typeof property !== 'string' || NOT_A_FIELD.test(property))
        refuse(
          cls,
          `${decorator} is on ${String(property)}`,
          'Give the field a plain name: the state is stored under it.',
        );
      if (kind !== 'field' || Object.hasOwn(ancestor.prototype as object, property))
        refuse(
          cls,
          `${decorator} is on ${property}, which is ${kind === 'static' ? 'static' : 'no field'}`,
          `Put ${decorator} on an ordinary field of the instance.`,
        );
      names.add(property);
    }
  }
  return [...names];
}

function refuse(cls: Type<object>, reason: string, remedy: string): never {
  throw new InvalidActorClassError(cls.name, reason, remedy);
}
