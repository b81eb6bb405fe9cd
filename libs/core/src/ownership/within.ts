import type { Env } from '#spi';

/** `outcome`, or a rejection with `late()` when it takes longer. */
export function within<T>(env: Env, limitMs: number, outcome: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = env.schedule(() => reject(late()), limitMs);
    outcome.then(resolve, reject).finally(() => timer.cancel());
  });
}
