import type { Env } from '#spi';

/** One waits, and is woken by whoever has news for it; news that came while nobody waited is not lost. */
export class Wakeup {
  private resolve: (() => void) | undefined;
  private isFired = false;

  constructor(private readonly env: Pick<Env, 'schedule'>) {}

  fire(): void {
    this.isFired = true;
    this.resolve?.();
  }

  /** Until {@link fire}, at most so long. */
  async wait(atMostMs = Infinity): Promise<void> {
    if (!this.isFired) {
      const woken = new Promise<void>((resolve) => (this.resolve = resolve));
      const timer = atMostMs === Infinity ? undefined : this.env.schedule(() => this.resolve?.(), atMostMs);
      await woken;
      timer?.cancel();
      this.resolve = undefined;
    }
    this.isFired = false;
  }
}
