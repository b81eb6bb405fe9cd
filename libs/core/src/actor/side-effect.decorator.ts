import type { Duration } from '#spi';
import type { RetryOptions } from '../turn/retry-policy';
import { callSideEffect } from '../turn/side-effect-call';
import { declareMember, SIDE_EFFECT } from './metadata';

/** Options of `@SideEffect()`. @publicApi */
export interface SideEffectOptions {
  /** Name in the journal. Renaming it is another path to an open message (P9). Default: the method's name. */
  readonly name?: string;
  /** Attempts per start of the message; between two of them the line is held. Default: one. */
  readonly retry?: RetryOptions;
  /** Per attempt. Afterwards the outcome outside is unknown and `EffectTimeoutError` is recorded. Default: none. */
  readonly timeout?: Duration;
}

/**
 * A method that touches the outside world. On an actor with `durability()` its result, or its final failure, is
 * recorded before the handler sees it, and a recorded call is not made again (P6): on a retry or after a crash the
 * handler gets the record. Elsewhere it only retries and times out; on a plain instance in a unit test it just runs.
 *
 * The method must be `async` or return a Promise. It reads arguments and injected services; it must not change state.
 * @publicApi
 */
export function SideEffect(options: SideEffectOptions = {}): MethodDecorator {
  return (target, property, descriptor) => {
    declareMember(SIDE_EFFECT, target, property, descriptor, options);
    const original: unknown = (descriptor as PropertyDescriptor | undefined)?.value;
    if (typeof original !== 'function' || typeof property !== 'string') return; // the explorer refuses it
    const method = original as (...args: unknown[]) => unknown;
    const recorded = function (this: object, ...args: unknown[]): unknown {
      return callSideEffect(this, property, method, args);
    };
    (descriptor as PropertyDescriptor).value = inTheShapeOf(method, recorded);
  };
}

/** Name, arity and metadata: other decorators and stack traces keep seeing the method that was written. */
function inTheShapeOf<F extends object>(original: object, replacement: F): F {
  for (const property of ['name', 'length']) {
    const descriptor = Object.getOwnPropertyDescriptor(original, property);
    if (descriptor !== undefined) Object.defineProperty(replacement, property, descriptor);
  }
  for (const key of Reflect.getOwnMetadataKeys(original) as unknown[])
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, original), replacement);
  return replacement;
}
