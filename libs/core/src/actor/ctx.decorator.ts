import { CONTEXT_PARAMETER, declare, type DeclaredParameter } from './metadata';

/**
 * The parameter of a handler, or of `onCreate`, that the runtime fills with the {@link ActorContext}. Callers do not
 * see it: `transfer(@Ctx() ctx: ActorContext, amount: number)` is `ref.ask.transfer(amount)`.
 * @publicApi
 */
export function Ctx(): ParameterDecorator {
  return (target, property, index) => {
    const parameter: DeclaredParameter = { property: property ?? 'constructor', index };
    declare(CONTEXT_PARAMETER, target, parameter);
  };
}
