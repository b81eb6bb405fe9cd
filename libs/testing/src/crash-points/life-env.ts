import type { Env, Timer } from '#spi';

/** So many looks at a clock that stands still are work that renews itself at once. */
const MAX_LOOKS_AT_ONCE = 200_000;

/**
 * The world as one life of an application has it: on a clock that outlives it, with timers that do not.
 *
 *  E1. After `end` its timers never fire, and nothing that it has put off happens.
 *  E2. A life that goes on and on while time stands still is ended: nobody else could, since such work may never give
 *      the event loop back.
 */
export class LifeEnv implements Env {
  private readonly waits = new Map<object, { readonly dueAt: number; readonly timer: Timer }>();
  private isOver = false;
  private looks = 0;
  private lookedAt = 0;
  private hasRunAway = false;

  /** @param onRunaway stops what runs (E2) */
  constructor(
    private readonly env: Env,
    private readonly onRunaway: () => void,
  ) {}

  /** E2 */
  get isRunaway(): boolean {
    return this.hasRunAway;
  }

  /** When the next timer of this life is due, on the monotonic clock; `null` when it waits for none. */
  get nextDueAt(): number | null {
    let next: number | null = null;
    for (const { dueAt } of this.waits.values()) if (next === null || dueAt < next) next = dueAt;
    return next;
  }

  /** E1 */
  end(): void {
    this.isOver = true;
    for (const { timer } of this.waits.values()) timer.cancel();
    this.waits.clear();
  }

  now(): number {
    this.look();
    return this.env.now();
  }

  monotonic(): number {
    this.look();
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
    this.look();
    return this.env.random();
  }

  id(): string {
    this.look();
    return this.env.id();
  }

  /** E2 */
  private look(): void {
    const time = this.env.monotonic();
    if (time !== this.lookedAt) {
      this.lookedAt = time;
      this.looks = 0;
    }
    if (++this.looks <= MAX_LOOKS_AT_ONCE || this.isOver) return;
    this.hasRunAway = true;
    this.end();
    this.onRunaway();
  }
}
