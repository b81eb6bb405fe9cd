import { monotonicFactory } from 'ulid';
import { type Duration, type Env, type Storage, SystemEnv, type Timer, parseDuration } from '#spi';
import { Random } from '../conformance/random';
import { InvalidTestOptionError, RunawayTimersError } from '../errors';
import { isWorkOnItsWay } from './event-loop';
import { watchStorage } from './watch-storage';

/** Rounds of the event loop without a sign of life after which nothing is thought to move any more. */
const QUIET_ROUNDS = 8;
/** So many timers fired without time going on are timers that set each other. */
const MAX_FIRED_AT_ONCE = 10_000;

let clocksMade = 0;

/** @publicApi */
export interface ManualClockOptions {
  /** Wall clock at the start, milliseconds since 1970. Default: 1 January 2030. */
  readonly start?: number;
  /** Of randomness and ids. Default: another one for each clock of a process, so that no two make the same ids. */
  readonly seed?: number;
  /** In place of the seeded `random()`; `() => 0.999…` makes each backoff as long as it may be. */
  readonly random?: () => number;
}

interface ManualTimer extends Timer {
  readonly dueAt: number;
  readonly fn: () => void;
}

/**
 * An {@link Env} whose time moves only when a test says so. Immediates and microtasks are the real ones.
 *
 * ```ts
 * const clock = new ManualClock();
 * const app = await ActorTestingModule.create({ actors: [Counter], clock }).start();
 * await clock.advance('4m');      // everything due until then has run, in order, each at its own time
 * ```
 *
 * It waits for microtasks, immediates, files, and for calls of a storage that {@link watching} wrapped (an
 * ActorTestingModule does that by itself). It cannot see other I/O, such as a socket of yours: await that yourself.
 * @publicApi
 */
export class ManualClock implements Env {
  private readonly real = new SystemEnv();
  private readonly timers: ManualTimer[] = [];
  private readonly start: number;
  private readonly chance: () => number;
  private readonly ulid: (now?: number) => string;
  private elapsed = 0;
  /** Rises with everything the runtime does through this Env. */
  private signs = 0;
  private openImmediates = 0;
  private openCalls = 0;
  private whenScheduled: (() => void)[] = [];

  /** @throws InvalidTestOptionError */
  constructor({ start = Date.UTC(2030, 0, 1), seed = ++clocksMade, random }: ManualClockOptions = {}) {
    if (!Number.isFinite(start)) throw new InvalidTestOptionError('start', `is ${start}, which is no time`);
    if (!Number.isInteger(seed)) throw new InvalidTestOptionError('seed', `is ${seed}, which is no integer`);
    this.start = start;
    const seeded = new Random(seed);
    this.chance = random ?? (() => fraction(seeded));
    const idChance = new Random(seed ^ 0x5eed); // of its own: an id more does not change what `random` gives
    this.ulid = monotonicFactory(() => fraction(idChance));
  }

  now(): number {
    this.signs++;
    return this.start + this.elapsed;
  }

  monotonic(): number {
    this.signs++;
    return this.elapsed;
  }

  schedule(fn: () => void, delayMs: number): Timer {
    this.signs++;
    const timer: ManualTimer = {
      dueAt: this.elapsed + Math.max(0, delayMs),
      fn,
      cancel: () => this.remove(timer),
    };
    const after = this.timers.findIndex(({ dueAt }) => dueAt > timer.dueAt);
    this.timers.splice(after === -1 ? this.timers.length : after, 0, timer);
    for (const tell of this.whenScheduled.splice(0)) tell();
    return timer;
  }

  immediate(fn: () => void): void {
    this.signs++;
    this.openImmediates++;
    this.real.immediate(() => {
      this.openImmediates--;
      fn();
    });
  }

  random(): number {
    this.signs++;
    return this.chance();
  }

  id(): string {
    this.signs++;
    return this.ulid(this.start + this.elapsed);
  }

  /** Timers that wait, however far off. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  /** Milliseconds until each of them, the nearest first. */
  get waits(): number[] {
    return this.timers.map(({ dueAt }) => dueAt - this.elapsed);
  }

  /** Time goes on by this much: fires what falls due, each at its time, and lets things settle after each. @throws InvalidDurationError, RunawayTimersError */
  async advance(duration: Duration): Promise<void> {
    await this.advanceTo(this.start + this.elapsed + parseDuration(duration));
  }

  /** Like {@link advance}, up to this wall-clock time. @throws InvalidTestOptionError when that is past */
  async advanceTo(time: number | Date): Promise<void> {
    const until = Number(time) - this.start;
    if (!(until >= this.elapsed))
      throw new InvalidTestOptionError(
        'advanceTo()',
        `was given ${Number(time)}, but it is ${this.start + this.elapsed} already: time does not go back`,
      );
    for (;;) {
      await this.settle();
      const next = this.timers[0];
      if (next === undefined || next.dueAt > until) break;
      this.elapsed = Math.max(this.elapsed, next.dueAt);
    }
    this.elapsed = until;
  }

  /** Time goes on to the next timer, whatever it waits for. @returns `false`: none waits */
  async advanceToNext(): Promise<boolean> {
    await this.settle();
    const [next] = this.timers;
    if (next === undefined) return false;
    await this.advanceTo(this.start + next.dueAt);
    return true;
  }

  /** Fires what is due now and waits until nothing moves any more. Time stands still. @throws RunawayTimersError */
  async settle(): Promise<void> {
    for (let fired = 0; fired < MAX_FIRED_AT_ONCE; fired++) {
      await this.quiet();
      const next = this.timers[0];
      if (next === undefined || next.dueAt > this.elapsed) return;
      this.timers.shift();
      next.fn();
    }
    throw new RunawayTimersError(MAX_FIRED_AT_ONCE);
  }

  /** Moves time on, timer by timer, until no timer waits that falls due within `limit`. @returns the time that passed, in ms */
  async runUntilIdle(limit: Duration = '1h'): Promise<number> {
    const began = this.elapsed;
    const until = began + parseDuration(limit);
    await this.settle();
    for (let next = this.timers[0]; next !== undefined && next.dueAt <= until; next = this.timers[0])
      await this.advanceTo(this.start + next.dueAt);
    return this.elapsed - began;
  }

  /** Waits for something that itself waits for time: moves time on, timer by timer, until it has come. */
  async runUntil<T>(outcome: Promise<T>): Promise<T> {
    let isOver = false;
    const over = outcome.then(
      () => void (isOver = true),
      () => void (isOver = true),
    );
    for (;;) {
      await this.settle();
      if (isOver) return outcome;
      if (this.timers.length > 0) await this.advanceToNext();
      else await Promise.race([over, new Promise<void>((resolve) => this.whenScheduled.push(resolve))]);
    }
  }

  /** The same store; calls of it that are not answered yet are waited for before time moves on. */
  watching<S extends Storage>(storage: S): S {
    return watchStorage(storage, (call) => this.track(call()));
  }

  /** Waits for `work` before time moves on. What itself waits for this clock would wait for ever. @returns `work` */
  track<T>(work: Promise<T>): Promise<T> {
    this.openCalls++;
    const end = (): void => {
      this.openCalls--;
      this.signs++;
    };
    work.then(end, end);
    return work;
  }

  private async quiet(): Promise<void> {
    let seen = this.signs;
    for (let rounds = 0; rounds < QUIET_ROUNDS; rounds++) {
      await new Promise<void>((resolve) => this.real.immediate(resolve));
      if (seen === this.signs && this.openImmediates === 0 && this.openCalls === 0 && !isWorkOnItsWay()) continue;
      seen = this.signs;
      rounds = -1;
    }
  }

  private remove(timer: ManualTimer): void {
    const index = this.timers.indexOf(timer);
    if (index !== -1) this.timers.splice(index, 1);
  }
}

function fraction(chance: Random): number {
  return chance.below(2 ** 32) / 2 ** 32;
}
