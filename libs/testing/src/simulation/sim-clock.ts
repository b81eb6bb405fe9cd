import { AsyncResource } from 'node:async_hooks';
import { SystemEnv, type Timer } from '#spi';
import { ProcessDiedError } from '../errors';
import { type Choices, seededRandom } from './choices';
import { afterMicrotasks } from './drain-microtasks';
import { EventHeap, type Queued } from './event-heap';
import { SimLife } from './sim-life';

/** Where every run begins: 2030-01-01T00:00:00Z. */
const START = 1_893_456_000_000;
/** A process that is busy elsewhere keeps an event waiting for up to this long, in steps of a tenth of a millisecond. */
const SLOW_STEPS = 50;
/** After so many events Node's own loop gets a turn: other timers of the test process, unhandled rejections. */
const BREATHE_EVERY = 500;

interface Event extends Queued {
  at: number;
  tie: number;
  seq: number;
  readonly life: SimLife;
  readonly kind: number;
  fn: (() => void) | null;
  /** It happens in the async context it was asked for in, as with Node's own timers. */
  readonly context: AsyncResource;
}

const TIMER = 1;
const IMMEDIATE = 2;

export interface ClockOptions {
  readonly seed: number;
  readonly choices: Choices;
  /** How probably an event of a life is kept waiting. Default 0. */
  readonly slow?: number;
  /** Told of each event that is. */
  readonly onSlow?: () => void;
}

/**
 * Virtual time. One event happens at a time, then every microtask drains, then the next: what runs is decided by
 * the seed alone.
 *
 *  E1. Time never goes back, and moves only between events.
 *  E2. An exception that leaves an event ends the run, as it would end the process.
 *  E3. The trace hash covers time, life and kind of every event, in order.
 */
export class SimClock {
  /** Milliseconds since the run began. */
  time = 0;
  /** Events so far. */
  count = 0;
  /** Whose event is happening; `null` between events. */
  current: SimLife | null = null;
  /** Happens outside every process: clients, the network, the outside world. It never ends. */
  readonly world: SimLife;
  private slow: number;
  private hash = 0x811c9dc5;
  private seq = 0;
  private lives = 0;
  private readonly heap = new EventHeap<Event>();
  private readonly postponed = new Map<SimLife, Event[]>();
  private firstFailure: { readonly error: unknown } | null = null;
  private readonly real = new SystemEnv();
  private readonly choices: Choices;
  private readonly seed: number;
  private readonly onSlow: (() => void) | undefined;

  constructor({ seed, choices, slow = 0, onSlow }: ClockOptions) {
    this.seed = seed;
    this.choices = choices;
    this.slow = slow;
    this.onSlow = onSlow;
    this.world = this.newLife('world');
  }

  now(): number {
    return START + this.time;
  }

  get traceHash(): string {
    return (this.hash >>> 0).toString(16).padStart(8, '0');
  }

  newLife(name: string): SimLife {
    const index = this.lives++;
    const randomOf = (purpose: string): (() => number) => seededRandom(this.seed, `${purpose}/${index}`);
    return new SimLife(this, name, index, randomOf('random'), randomOf('ids'));
  }

  /** Nothing is kept waiting any more. */
  heal(): void {
    this.slow = 0;
  }

  /** F1. */
  end(life: SimLife): void {
    life.isOver = true;
    this.postponed.delete(life);
  }

  pause(life: SimLife): void {
    life.isPaused = true;
  }

  /** F2. */
  resume(life: SimLife): void {
    life.isPaused = false;
    const events = this.postponed.get(life) ?? [];
    this.postponed.delete(life);
    for (const event of events) {
      event.at = this.time;
      event.tie = -1;
      event.seq = this.seq++;
      this.heap.push(event);
    }
  }

  /** The run is over: `run` rejects with this. */
  fail(error: unknown): void {
    this.firstFailure ??= { error };
  }

  /** What ended the run, if something did. */
  get failure(): { readonly error: unknown } | null {
    return this.firstFailure;
  }

  /** Node's own loop gets a turn: whatever was rejected and not handled until now is reported in it. */
  breathe(): Promise<void> {
    return new Promise((resolve) => this.real.immediate(resolve));
  }

  /** @internal */
  timer(life: SimLife, fn: () => void, delayMs: number): Timer {
    const at = this.time + Math.max(0, Number.isNaN(delayMs) ? 0 : delayMs) + this.lag(life);
    const event = this.push(life, TIMER, fn, at, this.choices.below(2, 'order'));
    return { cancel: () => void (event.fn = null) };
  }

  /** Something reaches `life` from outside. Never late, so that a connection keeps its order. */
  arrival(life: SimLife, fn: () => void, delayMs: number): void {
    if (!life.isOver) this.push(life, TIMER, fn, this.time + delayMs, 0);
  }

  /** @internal */
  immediate(life: SimLife, fn: () => void): void {
    const at = Math.max(this.time + this.lag(life), life.immediateAt);
    life.immediateAt = at;
    this.push(life, IMMEDIATE, fn, at, 0);
  }

  /** When the next event happens; `undefined` when nothing will. */
  get nextAt(): number | undefined {
    return this.head()?.at;
  }

  /** Lets events happen until `isDone`, which is asked between events, or until there are none. @throws what ended the run */
  run(isDone: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.failure === null) return resolve();
        const { error } = this.failure;
        reject(error);
      };
      const breathe = (): void => {
        this.current = null;
        this.real.immediate(step);
      };
      const step = (): void => {
        this.current = null;
        try {
          if (this.failure !== null || isDone()) return settle();
        } catch (error) {
          this.fail(error);
          return settle();
        }
        const event = this.head();
        if (event === undefined) return settle();
        this.heap.pop();
        this.happen(event);
        afterMicrotasks(this.count % BREATHE_EVERY === 0 ? breathe : step);
      };
      this.real.immediate(step);
    });
  }

  private happen(event: Event): void {
    this.count++;
    this.time = Math.max(this.time, event.at);
    this.mix(Math.round(event.at * 1_000));
    this.mix(event.life.index * 4 + event.kind);
    this.current = event.life;
    try {
      event.context.runInAsyncScope(event.fn as () => void);
    } catch (error) {
      const { life } = event;
      if (!life.isOver) this.fail(life === this.world ? error : new ProcessDiedError(life.name, error));
    }
  }

  /** The next event that may happen; those in front of it that may not are taken away. */
  private head(): Event | undefined {
    for (let event = this.heap.peek(); event !== undefined; event = this.heap.peek()) {
      if (event.fn !== null && !event.life.isOver && !event.life.isPaused) return event;
      this.heap.pop();
      if (event.fn === null || event.life.isOver) continue;
      const waiting = this.postponed.get(event.life);
      if (waiting === undefined) this.postponed.set(event.life, [event]);
      else waiting.push(event);
    }
    return undefined;
  }

  private push(life: SimLife, kind: number, fn: () => void, at: number, tie: number): Event {
    const event: Event = { at, tie, seq: this.seq++, life, kind, fn, context: new AsyncResource('SimEvent') };
    this.heap.push(event);
    return event;
  }

  private lag(life: SimLife): number {
    if (this.slow === 0 || life === this.world || !this.choices.chance(this.slow, 'process.slow')) return 0;
    this.onSlow?.();
    return this.choices.below(SLOW_STEPS, 'process.slowFor') / 10;
  }

  private mix(value: number): void {
    this.hash = Math.imul(this.hash ^ (value | 0), 0x01000193);
  }
}
