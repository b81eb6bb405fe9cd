import type { Type } from '@nestjs/common';
import { parseDuration } from '#spi';
import { InvalidActorClassError } from '../errors';
import { EFFECT_RETRY, resolveRetry } from '../turn/retry-policy';
import type { SideEffectDefinition } from './actor-definition';
import { SIDE_EFFECT } from './metadata';
import { resolveOption } from './read-options';
import { checkOptionNames, type Method, readMethods } from './read-members';
import { refusalOfName } from './reserved-names';
import type { SideEffectOptions } from './side-effect.decorator';

/** The `@SideEffect` methods of a class, by property. */
export function readEffects(cls: Type<object>): ReadonlyMap<string, SideEffectDefinition> {
  const effects = new Map<string, SideEffectDefinition>();
  const properties = new Map<string, string>();
  for (const method of readMethods<SideEffectOptions>(cls, SIDE_EFFECT, '@SideEffect()').values()) {
    const effect = defineEffect(cls, method);
    const other = properties.get(effect.name);
    if (other !== undefined)
      throw new InvalidActorClassError(
        cls.name,
        `${other} and ${effect.property} are both side effects named ${effect.name}`,
        'Give one of them another name: the journal tells them apart by it.',
      );
    properties.set(effect.name, effect.property);
    effects.set(effect.property, effect);
  }
  return effects;
}

function defineEffect(cls: Type<object>, method: Method<SideEffectOptions>): SideEffectDefinition {
  const { property, options } = method;
  const where = `@SideEffect() ${property}`;
  checkOptionNames(cls.name, where, options, ['name', 'retry', 'timeout']);
  if (!isAsync(method))
    throw new InvalidActorClassError(
      cls.name,
      `side effect ${property} does not return a Promise`,
      'Declare it async, or with the return type Promise<…>: its record must be durable before the handler goes on.',
    );
  const name = options.name ?? property;
  const refusal = refusalOfName(name);
  if (refusal !== null)
    throw new InvalidActorClassError(
      cls.name,
      `the name ${JSON.stringify(name)} of side effect ${property} ${refusal}`,
      'Choose another one.',
    );
  const { retry, timeout } = options;
  return {
    name,
    property,
    retry: resolveOption(cls.name, `${where} retry`, () => resolveRetry(retry ?? {}, EFFECT_RETRY)),
    timeoutMs: timeout === undefined ? 0 : resolveOption(cls.name, `${where} timeout`, () => positive(timeout)),
  };
}

function positive(timeout: number | string): number {
  const ms = parseDuration(timeout);
  if (ms < 1) throw new RangeError('must be at least 1 ms; leave it out for no limit');
  return ms;
}

/** By its syntax, or by its declared return type, which TypeScript leaves on a decorated method. */
function isAsync({ original, declaredIn, property }: Method<unknown>): boolean {
  if (Object.prototype.toString.call(original) === '[object AsyncFunction]') return true;
  const declared: unknown = Reflect.getOwnMetadata('design:returntype', declaredIn.prototype as object, property);
  return typeof declared === 'function' && declared.name === 'Promise';
}
