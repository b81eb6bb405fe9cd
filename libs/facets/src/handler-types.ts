import type { TellPort } from '#core';

/** Names of the handlers of `T`. */
export type HandlerName<T> = keyof TellPort<T> & string;

/** What the handler `K` of `T` takes, `@Ctx()` parameters left out. */
export type HandlerArgs<T, K extends HandlerName<T>> = TellPort<T>[K] extends (...args: infer Args) => unknown
  ? Args
  : never;
