import type { ActorDefinition, SideEffectDefinition } from '../actor/actor-definition';
import { frames } from './frame';

type Method = (...args: unknown[]) => unknown;

/**
 * What a `@SideEffect` method runs instead of its body: inside a turn of its own actor the call is recorded, or
 * answered from the record. Anywhere else, a plain unit test with `new Counter(fake)` above all, and inside
 * another side effect, it is the plain method.
 * Rejects with TurnEndedError in a branch that the handler did not await.
 */
export function callSideEffect(instance: object, property: string, original: Method, args: unknown[]): unknown {
  const frame = frames.getStore();
  if (frame?.effect !== null || frame.turn.instance !== instance) return original.apply(instance, args);
  const { turn } = frame;
  const effect = effectOf(turn.definition, property);
  const { name, retry, timeoutMs } = effect;
  return turn.sideEffect({ scope: 'handler', name, args, retry, timeoutMs }, () => original.apply(instance, args));
}

function effectOf(definition: ActorDefinition, property: string): SideEffectDefinition {
  const effect = definition.effects.get(property);
  if (effect === undefined)
    throw new Error(
      `${definition.className}.${property} is decorated with @SideEffect() but unknown to its definition`,
    );
  return effect;
}
