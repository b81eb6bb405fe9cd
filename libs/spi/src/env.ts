/**
 * The world as the runtime sees it (DESIGN §8): time, timers, randomness and ids come through here and from
 * nowhere else, so that a virtual clock and a seeded simulation can stand in for all of it.
 */
export interface Env {
  /** Wall clock, milliseconds since 1970. May jump: never measures a span. */
  now(): number;
  /** Monotonic clock, milliseconds from an arbitrary start: spans, deadlines, leases. */
  monotonic(): number;
  /** Runs `fn` once after `delayMs`, however long (Node's own timers fire at once beyond 2^31 ms). Never keeps the process alive. */
  schedule(fn: () => void, delayMs: number): Timer;
  /** Runs `fn` after every microtask queued so far has drained. */
  immediate(fn: () => void): void;
  /** 0 ≤ x < 1. */
  random(): number;
  /** A new ULID; rises monotonically within the process. */
  id(): string;
  /**
   * `isNeeded` is asked when the process would end since nothing is left that it waits for; while it says so, the process
   * stays. Until cancelled. An Env without it has no process to keep.
   */
  stayUp?(isNeeded: () => boolean): Timer;
}

export interface Timer {
  /** Harmless when it has fired. */
  cancel(): void;
}

/** DI token of the {@link Env} in use. */
export const ENV = Symbol.for('plexspaces:env');
