import type { Type } from '@nestjs/common';
import type { ExternalContextCreator } from '@nestjs/core';
import type { HandlerDefinition } from '../actor/actor-definition';
import { ACTOR_CONTEXT, type ActorCall } from './actor-execution-context';
import { copyMetadata, countParameters, customParameters, type ParameterMetadata } from './enhancer-metadata';

/** The arguments of a call as pipes and parameter decorators leave them. */
export type ProcessArguments = (call: ActorCall) => Promise<readonly unknown[]>;

/** A string: Nest puts it into a cache key. */
const PARAMETERS = 'plexspaces:parameters';
/** Nest tells pipes what kind of parameter they see; a ValidationPipe passes over all but this kind and its siblings. */
const BODY = 3;

/**
 * Pipes and `createParamDecorator` parameters of one handler.
 *
 * Nest binds values to parameters that a decorator marks, and the arguments of a message have none. So each
 * parameter is described to Nest as a body, whose value is the argument in its place; `@Ctx()` parameters are
 * left out, and a custom decorator's value takes the place of whatever the sender gave: it cannot be forged.
 */
export class ArgumentPipeline {
  constructor(
    private readonly creator: ExternalContextCreator,
    private readonly cls: Type<object>,
    private readonly standIn: object,
    private readonly handler: Pick<HandlerDefinition, 'property' | 'contextAt'>,
    private readonly method: (...args: unknown[]) => unknown,
  ) {}

  build(): ProcessArguments {
    const { property } = this.handler;
    const custom = customParameters(this.cls, property);
    const made = new Set(Object.values(custom).map((parameter) => parameter.index));
    const positions = this.messagePositions(made);
    const described: Record<string, ParameterMetadata> = { ...custom };
    positions.forEach((index, place) => {
      if (!made.has(index)) described[`${BODY}:${index}`] = { index, data: String(place), pipes: [] };
    });
    Reflect.defineMetadata(PARAMETERS, described, this.cls, property);

    const collect = (...values: unknown[]): unknown => positions.map((index) => values[index]);
    copyMetadata(this.method, collect);
    const apply = this.creator.create(
      this.standIn,
      collect,
      property,
      PARAMETERS,
      {
        exchangeKeyForValue: (_type: number, place: unknown, [call]: [ActorCall]) => call.args[Number(place)],
      },
      undefined,
      undefined,
      { guards: false, interceptors: false, filters: false },
      ACTOR_CONTEXT,
    ) as (call: ActorCall) => Promise<unknown[]>;
    const lastMade = positions.findLastIndex((index) => made.has(index));
    return async (call) => trim(await apply(call), call.args, lastMade);
  }

  /** Positions in the method that are arguments of the message, rising. */
  private messagePositions(made: ReadonlySet<number>): readonly number[] {
    const { contextAt, property } = this.handler;
    const count = Math.max(countParameters(this.cls, property, this.method), ...[...made].map((index) => index + 1), 0);
    return Array.from({ length: count }, (_, index) => index).filter((index) => !contextAt.includes(index));
  }
}

/** An argument that was left out stays out, unless a pipe filled it in; what goes beyond the parameters passes as it is. */
function trim(values: readonly unknown[], given: readonly unknown[], lastMade: number): readonly unknown[] {
  let length = values.length;
  while (length > given.length && length > lastMade + 1 && values[length - 1] === undefined) length--;
  return [...values.slice(0, length), ...given.slice(values.length)];
}
