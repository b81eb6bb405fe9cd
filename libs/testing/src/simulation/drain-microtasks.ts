const settled = Promise.resolve();

/**
 * Calls `next` when every microtask there is, and every one those make, has run.
 *
 * Node runs a tick that a microtask has put in only when no microtask is left; that is four times cheaper than a
 * `setImmediate`, and one run of a simulation waits like this some thousand times.
 */
export function afterMicrotasks(next: () => void): void {
  void settled.then(() => process.nextTick(next));
}
