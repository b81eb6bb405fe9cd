import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { HandlerDefinition } from '../actor/actor-definition';
import { InvalidArgumentsError } from '../errors';
import { isPromise } from '../facet/is-promise';

/**
 * `@Handle({ schema })` on the first argument of a message, before anything is stored. What the schema makes of the
 * argument takes its place; further arguments pass as they are.
 * @throws InvalidArgumentsError naming each issue by its path
 */
export function validateArguments(
  handler: Pick<HandlerDefinition, 'name' | 'schema'>,
  actorId: string,
  args: readonly unknown[],
): readonly unknown[] | Promise<readonly unknown[]> {
  const { schema, name } = handler;
  if (schema === null) return args;
  const accept = (result: StandardSchemaV1.Result<unknown>): readonly unknown[] => {
    if (result.issues !== undefined) throw new InvalidArgumentsError(actorId, name, result.issues.map(describe));
    if (args.length === 0 && result.value === undefined) return args;
    return [result.value, ...args.slice(1)];
  };
  const result = schema['~standard'].validate(args[0]);
  return isPromise(result) ? result.then(accept) : accept(result);
}

function describe({ path, message }: StandardSchemaV1.Issue): string {
  const steps = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step));
  return steps.length === 0 ? message : `${steps.join('.')}: ${message}`;
}
