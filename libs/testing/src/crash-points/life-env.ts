import type { Env, Timer } from '#spi';

/** The world as one life of an application has it: on a clock that outlives it, with timers that do not. */
export class LifeEnv implements Env {
  private readonly waits = new Map<object, { readonly dueAt: number; readonly timer: Timer }>();
  private isOver = false;

  constructor(private readonly env: Env) {}

  /** When the next timer of this life is due, on the monotonic clock; `null` when it waits for none. */
  get nextDueAt(): number | null {
    let next: number | null = null;
    for (const { dueAt } of this.waits.values()) if (next === null || dueAt < next) next = dueAt;
    return next;
  }

  /** Its timers never fire, and nothing it has put off happens. */
  end(): void {
    this.isOver = true;
    for (const { timer } of this.waits.values()) timer.cancel();
    this.waits.clear();
  }

  now(): number {
    return this.env.now();
  }

  monotonic(): number {
    return this.env.monotonic();
  }

  schedule(fn: () => void, delayMs: number): Timer {
    if (this.isOver) return { cancel: () => undefined };
    const key = {};
    const timer = this.env.schedule(() => {
      this.waits.delete(key);
      fn();
    }, delayMs);
    this.waits.set(key, { dueAt: this.env.monotonic() + Math.max(0, delayMs), timer });
    return {
      cancel: () => {
        this.waits.delete(key);
        timer.cancel();
      },
    };
  }

  immediate(fn: () => void): void {
    this.env.immediate(() => {
      if (!this.isOver) fn();
    });
  }

  random(): number {
    return this.env.random();
  }

  id(): string {
    return this.env.id();
  }
}
