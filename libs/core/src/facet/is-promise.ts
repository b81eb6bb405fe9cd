/** Most hooks answer at once; only what is a promise is waited for. */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function';
}

/** A promise with any number of listeners: each `then` on a query builder would run its query once more. */
export function asPromise(value: unknown): Promise<unknown> {
  return value instanceof Promise ? value : Promise.resolve(value);
}

/**
 * Listens as `await` does: what throws in its `then` is a rejection, and a `then` that was put on a promise is passed by.
 * Exactly one of the two is called, once, and not before this returns.
 */
export function whenSettled(
  value: unknown,
  resolved: (value: unknown) => void,
  failed: (error: unknown) => void,
): void {
  void Promise.prototype.then.call(Promise.resolve(value), resolved, failed);
}

/** A rejection that is no unhandled one when nobody looks at it. */
export function rejected(error: Error): Promise<never> {
  const outcome = Promise.reject(error);
  outcome.catch(ignore);
  return outcome;
}

/** For a listener beside the one that matters: somebody else hears of the error. */
export function ignore(): void {
  // on purpose
}
