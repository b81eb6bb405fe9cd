import { type Env, SystemEnv } from 'plexspaces';
import { settle } from './gate';

interface Due {
  readonly at: number;
  readonly fn: () => void;
}

/** Time that stands still until a test moves it. Ids and microtask order are the real ones. */
export class VirtualEnv implements Env {
  private readonly real = new SystemEnv();
  private readonly due = new Set<Due>();
  private elapsed = 0;

  constructor(private readonly start = 1_800_000_000_000) {}

  now(): number {
    return this.start + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  schedule(fn: () => void, delayMs: number): { cancel(): void } {
    const timer = { at: this.elapsed + delayMs, fn };
    this.due.add(timer);
    return { cancel: () => this.due.delete(timer) };
  }

  immediate(fn: () => void): void {
    this.real.immediate(fn);
  }

  /** No jitter: each wait is as long as it may be. */
  random(): number {
    return 1;
  }

  id(): string {
    return this.real.id();
  }

  /** Waits that somebody has asked for, in milliseconds from now. */
  get waits(): number[] {
    return [...this.due].map(({ at }) => at - this.elapsed).sort((a, b) => a - b);
  }

  /** Moves on by `ms`; whatever falls due on the way happens in its order, and is waited for. */
  async advance(ms: number): Promise<void> {
    const end = this.elapsed + ms;
    for (;;) {
      await settle();
      const next = [...this.due].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.due.delete(next);
      this.elapsed = Math.max(this.elapsed, next.at);
      next.fn();
    }
    this.elapsed = end;
    await settle();
  }
}
