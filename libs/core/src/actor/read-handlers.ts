import type { Type } from '@nestjs/common';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { InvalidActorClassError } from '../errors';
import { MESSAGE_RETRY, resolveRetry } from '../turn/retry-policy';
import type { HandlerDefinition, SideEffectDefinition } from './actor-definition';
import type { HandleOptions } from './handle.decorator';
import { HANDLER } from './metadata';
import { contextPositions } from './read-context';
import { checkOptionNames, type Method, readMethods } from './read-members';
import { resolveOption } from './read-options';
import { refusalOfHandlerName } from './reserved-names';

/** The `@Handle` methods of a class, by message name; without their admission. */
export function readHandlers(
  cls: Type<object>,
  effects: ReadonlyMap<string, SideEffectDefinition>,
): ReadonlyMap<string, HandlerDefinition> {
  const methods = readMethods<HandleOptions>(cls, HANDLER, '@Handle()');
  const handlers = new Map<string, HandlerDefinition>();
  for (const method of methods.values()) {
    if (effects.has(method.property))
      refuse(
        cls,
        `${method.property} is both @Handle() and @SideEffect()`,
        'Let the handler call a side effect of another name: a turn is not an effect.',
      );
    const handler = defineHandler(cls, method);
    const { name, property } = handler;
    if (handlers.has(name))
      refuse(cls, `two handlers are named ${JSON.stringify(name)}`, 'Give one of them another name.');
    if (name !== property && methods.has(name))
      refuse(
        cls,
        `${property} is named ${JSON.stringify(name)}, which is also the method of another handler`,
        'Choose a name that no handler method has: ref.ask.<method> must mean one of them.',
      );
    handlers.set(name, handler);
  }
  const catchAlls = [...handlers.values()].filter(({ takesUnknown }) => takesUnknown);
  if (catchAlls.length > 1)
    refuse(
      cls,
      `${catchAlls.map(({ property }) => property).join(' and ')} both take unknown messages`,
      'Let one of them do so.',
    );
  if (handlers.size === 0) refuse(cls, 'it handles no message', 'Decorate at least one of its methods with @Handle().');
  return handlers;
}

function defineHandler(cls: Type<object>, method: Method<HandleOptions>): HandlerDefinition {
  const { property, options } = method;
  const where = `@Handle() ${property}`;
  checkOptionNames(cls.name, where, options, ['name', 'readOnly', 'reentrant', 'retry', 'schema', 'only', 'unknown']);
  const name = options.name ?? property;
  // A ref offers the method's name too, so it must be as harmless as the message's.
  for (const word of new Set([name, property])) {
    const refusal = refusalOfHandlerName(word);
    if (refusal !== null)
      refuse(
        cls,
        `the handler name ${JSON.stringify(word)} ${refusal}`,
        `Choose another one${word === property ? ' for the method' : ''}.`,
      );
  }
  if (Object.prototype.toString.call(method.original).includes('Generator'))
    refuse(cls, `handler ${property} is a generator`, 'Return the values: an answer is one value.');
  const { retry, readOnly = false, reentrant = false } = options;
  if (readOnly && retry !== undefined)
    refuse(
      cls,
      `handler ${property} is readOnly and has retry`,
      'Drop retry: a read-only ask leaves nothing behind, its caller may simply ask again.',
    );
  return {
    name,
    property,
    readOnly,
    reentrant: reentrant && !readOnly, // a reader runs beside any turn
    retry:
      retry === undefined ? null : resolveOption(cls.name, `${where} retry`, () => resolveRetry(retry, MESSAGE_RETRY)),
    schema: options.schema === undefined ? null : checkSchema(cls, where, options.schema),
    contextAt: contextPositions(cls, property),
    admission: null,
    ...waysOf(cls, where, options),
  };
}

function waysOf(
  cls: Type<object>,
  where: string,
  { only, unknown, readOnly }: HandleOptions,
): Pick<HandlerDefinition, 'only' | 'takesUnknown'> {
  if (only !== undefined && !['ask', 'tell', 'self'].includes(only))
    refuse(cls, `${where} has only: ${JSON.stringify(only)}`, "Give 'ask', 'tell' or 'self'.");
  if ((only === 'tell' || only === 'self') && readOnly === true)
    refuse(cls, `${where} is readOnly and may only be told`, 'Drop one of the two: nobody would get its answer.');
  if (unknown === true && (readOnly === true || only === 'ask' || only === 'self'))
    refuse(cls, `${where} takes unknown messages, which are tells`, 'Drop readOnly, and let it be told.');
  return { ...(only === undefined ? {} : { only }), ...(unknown === true ? { takesUnknown: true } : {}) };
}

function checkSchema(cls: Type<object>, where: string, schema: StandardSchemaV1): StandardSchemaV1 {
  const standard = (schema as Partial<StandardSchemaV1> | null)?.['~standard'];
  if (typeof standard?.validate !== 'function')
    refuse(
      cls,
      `${where} schema is no Standard Schema`,
      "Give one with a '~standard' property: zod, valibot, arktype and others have it.",
    );
  return schema;
}

function refuse(cls: Type<object>, reason: string, remedy: string): never {
  throw new InvalidActorClassError(cls.name, reason, remedy);
}
