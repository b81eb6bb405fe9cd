import type { Env } from '#spi';

/** `outcome`, or a rejection with `late()` when it takes longer; `Infinity` lets it. */
export function within<T>(env: Env, limitMs: number, outcome: Promise<T>, late: () => Error): Promise<T> {
  if (limitMs === Number.POSITIVE_INFINITY) return outcome;
  return new Promise((resolve, reject) => {
    const timer = env.schedule(() => reject(late()), limitMs);
    outcome.then(resolve, reject).finally(() => timer.cancel());
  });
}
