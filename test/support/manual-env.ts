import { monotonicFactory } from 'ulid';
import { type Duration, type Env, parseDuration, type Timer } from '#spi';
import { Random } from '../../libs/testing/src/conformance/random';

/** Rounds of the event loop without a sign of life after which nothing is thought to move any more. */
const QUIET_ROUNDS = 8;
/** So many timers fired without time going on are timers that set each other. */
const MAX_FIRED_AT_ONCE = 10_000;
/** Work the event loop will come back with by itself. It does not tell of worker threads or zlib: await what they answer. */
const ON_ITS_WAY = new Set(['FSReqCallback', 'FSReqPromise', 'CloseReq']);

interface ManualTimer extends Timer {
  readonly dueAt: number;
  readonly fn: () => void;
}

/**
 * An {@link Env} whose time moves only when a test says so. Immediates and microtasks are the real ones.
 *
 * ```ts
 * const env = new ManualEnv();
 * PlexSpacesModule.forRoot({ env });
 * await env.advance('4m');      // everything due until then has run, in order, each at its own time
 * ```
 */
export class ManualEnv implements Env {
  private readonly timers: ManualTimer[] = [];
  private readonly chance: Random;
  private readonly ulid: (now?: number) => string;
  private elapsed = 0;
  /** Rises with everything the runtime does through this Env. */
  private signs = 0;
  private openImmediates = 0;

  constructor({ start = Date.UTC(2030, 0, 1), seed = 1 }: { readonly start?: number; readonly seed?: number } = {}) {
    this.start = start;
    this.chance = new Random(seed);
    const idChance = new Random(seed ^ 0x5eed); // of its own: an id more does not change what `random` gives
    this.ulid = monotonicFactory(() => fraction(idChance));
  }

  private readonly start: number;

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
    return timer;
  }

  immediate(fn: () => void): void {
    this.signs++;
    this.openImmediates++;
    setImmediate(() => {
      this.openImmediates--;
      fn();
    });
  }

  random(): number {
    this.signs++;
    return fraction(this.chance);
  }

  id(): string {
    this.signs++;
    return this.ulid(this.start + this.elapsed);
  }

  /** Timers that wait, however far off. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  /** Time goes on by this much: fires what falls due, each at its time, and lets things settle after each. */
  async advance(duration: Duration): Promise<void> {
    await this.advanceTo(this.start + this.elapsed + parseDuration(duration));
  }

  /** Like {@link advance}, up to this wall-clock time. */
  async advanceTo(time: number): Promise<void> {
    const until = time - this.start;
    if (until < this.elapsed)
      throw new RangeError(`it is ${this.start + this.elapsed} already: time does not go back to ${time}`);
    for (;;) {
      await this.settle();
      const next = this.timers[0];
      if (next === undefined || next.dueAt > until) break;
      this.elapsed = Math.max(this.elapsed, next.dueAt);
    }
    this.elapsed = until;
  }

  /** Fires what is due now and waits until nothing moves any more. */
  async settle(): Promise<void> {
    for (let fired = 0; fired < MAX_FIRED_AT_ONCE; fired++) {
      await this.quiet();
      const next = this.timers[0];
      if (next === undefined || next.dueAt > this.elapsed) return;
      this.timers.shift();
      next.fn();
    }
    throw new Error(`${MAX_FIRED_AT_ONCE} timers fired and time stood still: they set each other`);
  }

  private async quiet(): Promise<void> {
    let seen = this.signs;
    for (let rounds = 0; rounds < QUIET_ROUNDS; rounds++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (seen === this.signs && this.openImmediates === 0 && !isOnItsWay()) continue;
      seen = this.signs;
      rounds = -1;
    }
  }

  private remove(timer: ManualTimer): void {
    const index = this.timers.indexOf(timer);
    if (index !== -1) this.timers.splice(index, 1);
  }
}

function isOnItsWay(): boolean {
  return process.getActiveResourcesInfo().some((resource) => ON_ITS_WAY.has(resource));
}

function fraction(chance: Random): number {
  return chance.below(2 ** 32) / 2 ** 32;
}
