import { isPromise } from './is-promise';

/** Calls `act` with one item after another, without a promise where none is needed. */
export function inTurn<T>(items: readonly T[], act: (item: T) => unknown, from = 0): void | Promise<void> {
  for (let index = from; index < items.length; index++) {
    const pending = act(items[index] as T);
    if (isPromise(pending)) return pending.then(() => inTurn(items, act, index + 1));
  }
}
