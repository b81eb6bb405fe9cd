import { decodePayload } from '#journal';
import type { ModelCall } from './actor-model';
import type { TurnView } from './turn-view';

/** A turn as the model gets it; `null` for messages of the runtime that touch no state of the handler's. */
export function callOf({ messageId, received, args, effects }: TurnView): ModelCall | null {
  if (received === null || (received.method.startsWith('$') && received.method !== '$create')) return null;
  const { sender, method } = received;
  return {
    messageId,
    sender,
    method,
    args,
    effects: effects.map(({ scope, ordinal, name, result, error }) => ({
      scope,
      ordinal,
      name,
      value: result === null ? undefined : decodePayload(result),
      error,
    })),
  };
}

/** Freezes plain objects and arrays through and through: a model that changes its input throws instead of lying. */
export function freezeState<T>(state: T): T {
  if (typeof state !== 'object' || state === null || Object.isFrozen(state)) return state;
  if (!Array.isArray(state) && Object.getPrototypeOf(state) !== Object.prototype) return state;
  Object.freeze(state);
  Object.values(state).forEach(freezeState);
  return state;
}
