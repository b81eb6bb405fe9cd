import type { Env, Timer } from '#spi';

/**
 * Keeps the process up while its end would cut something of this node off. Node ends a program when nothing is left that
 * it waits for, and none of the runtime's timers counts: a caller that waits for an answer, or a turn that sleeps, would
 * end with it, without a word. Asked only then, so it costs nothing per message.
 */
export class StayUp {
  private underWay = 0;
  private timer: Timer | null = null;

  constructor(
    private readonly env: Env,
    private readonly isNeeded: () => boolean,
  ) {}

  /** From the first call until `end`. */
  begin(): void {
    this.timer ??= this.env.stayUp?.(() => this.underWay > 0 || this.isNeeded()) ?? null;
  }

  /** The process stays at least until `work` has ended. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.begin();
    this.underWay++;
    try {
      return await work();
    } finally {
      this.underWay--;
    }
  }

  end(): void {
    this.timer?.cancel();
    this.timer = null;
  }
}
