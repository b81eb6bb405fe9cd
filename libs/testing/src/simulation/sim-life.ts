import { monotonicFactory } from 'ulid';
import type { Env, Timer } from '#spi';
import type { SimClock } from './sim-clock';

const NO_TIMER: Timer = { cancel: () => undefined };

/**
 * One life of a process, from its start to its death: the {@link Env} its runtime is given.
 *
 *  F1. When it is over, nothing it asked for happens any more, and nothing it still asks for is heard.
 *  F2. While it is paused (SIGSTOP) what falls due waits, and happens in its order when it goes on; time does not wait.
 *  F3. What it asks for with `immediate` happens in the order of asking, as in Node.
 */
export class SimLife implements Env {
  isOver = false;
  isPaused = false;
  /** Added to the wall clock, which may jump; the monotonic one does not. */
  clockError = 0;
  /** @internal Earliest time for its next immediate. */
  immediateAt = 0;
  private readonly ulid: (now?: number) => string;

  /** @internal Made by {@link SimClock.newLife}. */
  constructor(
    private readonly clock: SimClock,
    readonly name: string,
    readonly index: number,
    private readonly draw: () => number,
    idDraw: () => number,
  ) {
    this.ulid = monotonicFactory(idDraw);
  }

  /** Of the node whose life it is. */
  get nodeId(): string {
    return this.name.replace(' ', '-');
  }

  now(): number {
    return Math.floor(this.clock.now() + this.clockError);
  }

  monotonic(): number {
    return this.clock.time;
  }

  schedule(fn: () => void, delayMs: number): Timer {
    return this.isOver ? NO_TIMER : this.clock.timer(this, fn, delayMs);
  }

  immediate(fn: () => void): void {
    if (!this.isOver) this.clock.immediate(this, fn);
  }

  random(): number {
    return this.draw();
  }

  id(): string {
    return this.ulid(this.now());
  }
}
