import type { Env, Timer } from '#spi';
import { outsideTurns } from '../turn/frame';

/** Something that ends by itself when nobody takes it out in time: an ask, a turn, an idle actor. */
export abstract class Timed {
  /** @internal Links of the queue it waits in. */
  timedPrev: Timed | null = null;
  timedNext: Timed | null = null;
  timedAt = 0;
  timedIn: DeadlineQueue | null = null;

  abstract expire(): void;
}

/**
 * Deadlines of one duration. Since all wait equally long, the line is in order by itself: adding and removing
 * are a few pointer writes, and one timer serves them all. A timer per ask would cost more than the ask.
 *
 *  D1. `expire` is called once, when the clock has reached the item's deadline, never before.
 *  D2. An item removed before that is never expired.
 */
export class DeadlineQueue {
  private head: Timed | null = null;
  private tail: Timed | null = null;
  private timer: Timer | null = null;

  constructor(
    private readonly env: Env,
    readonly durationMs: number,
  ) {}

  get isEmpty(): boolean {
    return this.head === null;
  }

  /** The one whose deadline is next. */
  get oldest(): Timed | null {
    return this.head;
  }

  add(item: Timed): void {
    item.timedAt = this.env.monotonic() + this.durationMs;
    item.timedIn = this;
    item.timedPrev = this.tail;
    if (this.tail === null) this.head = item;
    else this.tail.timedNext = item;
    this.tail = item;
    if (this.timer === null) this.arm(this.durationMs);
  }

  remove(item: Timed): void {
    if (item.timedIn !== this) return;
    const { timedPrev: prev, timedNext: next } = item;
    if (prev === null) this.head = next;
    else prev.timedNext = next;
    if (next === null) this.tail = prev;
    else next.timedPrev = prev;
    item.timedPrev = item.timedNext = item.timedIn = null;
  }

  close(): void {
    this.timer?.cancel();
    this.timer = null;
  }

  private arm(delayMs: number): void {
    this.timer = outsideTurns(() => this.env.schedule(() => this.fire(), delayMs));
  }

  private fire(): void {
    this.timer = null;
    const now = this.env.monotonic();
    for (let item = this.head; item !== null && item.timedAt <= now; item = this.head) {
      this.remove(item);
      item.expire();
    }
    if (this.head !== null && this.timer === null) this.arm(Math.max(1, Math.ceil(this.head.timedAt - now)));
  }
}
