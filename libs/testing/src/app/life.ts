import type { Env, Storage, Timer } from '#spi';
import { ManualClock } from '../clock/manual-clock';
import { watchStorage } from '../clock/watch-storage';
import { AppCrashedError } from '../errors';

/**
 * One run of an application, from its start to its stop or crash, and all that must end with it.
 *
 *  L1. After `end` nothing the runtime still does reaches the store, the clock or an effect, and nothing it asked for
 *      is answered: to itself it has stopped in the middle of a step, as by SIGKILL.
 *  L2. Whoever asked from outside, through `guard`, is told AppCrashedError, at once and from then on.
 *  L3. What was handed to the store before `end` may or may not be applied; `settled` says when that is decided.
 */
export class Life {
  readonly env: Env;
  private readonly timers = new Set<Timer>();
  private readonly calls = new Set<Promise<unknown>>();
  private readonly callers = new Map<Promise<unknown>, (error: Error) => void>();
  private over = false;

  constructor(private readonly clock: Env) {
    this.env = this.dyingEnv();
  }

  get isOver(): boolean {
    return this.over;
  }

  /** L1, L2. Harmless when called again. */
  end(): void {
    this.over = true;
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
    const error = new AppCrashedError();
    for (const [outcome, tell] of this.callers) {
      outcome.catch(() => undefined); // a test need not look at everything that it let crash
      tell(error);
    }
    this.callers.clear();
  }

  /** Resolves when the store has done with everything it was handed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.calls);
  }

  /** The store as the runtime of this life sees it. */
  storage(storage: Storage): Storage {
    return watchStorage(storage, (call) => (this.over ? never() : this.hear(this.toStore(call()))));
  }

  /** The same for those outside: they are told when the life is over. */
  storageForCallers(storage: Storage): Storage {
    return watchStorage(storage, (call) => this.guard(call));
  }

  /** `call`, or AppCrashedError when the life ends first. */
  guard<T>(call: () => T | Promise<T>): Promise<T> {
    if (this.over) return Promise.reject(new AppCrashedError());
    let tell: (error: Error) => void = () => undefined;
    const crash = new Promise<never>((_, reject) => (tell = reject));
    const started = startNow(call);
    const outcome = Promise.race([started, crash]);
    const end = (): boolean => this.callers.delete(outcome);
    started.then(end, end); // not `outcome`: a failure that nobody awaits must stay an unhandled one
    this.callers.set(outcome, tell);
    return outcome;
  }

  /** The outcome of `call` as long as the life lasts; after that nobody hears of it. */
  hear<T>(call: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      call.then(
        (value) => (this.over ? undefined : resolve(value)),
        (error: unknown) => (this.over ? undefined : reject(error)),
      );
    });
  }

  private toStore<T>(call: Promise<T>): Promise<T> {
    const tracked = this.clock instanceof ManualClock ? this.clock.track(call) : call;
    const done = (): boolean => this.calls.delete(tracked);
    this.calls.add(tracked);
    tracked.then(done, done);
    return tracked;
  }

  private dyingEnv(): Env {
    const { clock } = this;
    return {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      random: () => clock.random(),
      id: () => clock.id(),
      immediate: (fn) => clock.immediate(() => (this.over ? undefined : fn())),
      schedule: (fn, delayMs) => this.schedule(fn, delayMs),
    };
  }

  private schedule(fn: () => void, delayMs: number): Timer {
    if (this.over) return { cancel: () => undefined };
    const timer = this.clock.schedule(() => {
      this.timers.delete(mine);
      fn();
    }, delayMs);
    const mine: Timer = {
      cancel: () => {
        this.timers.delete(mine);
        timer.cancel();
      },
    };
    this.timers.add(mine);
    return mine;
  }
}

/** A call that throws at once is a rejected one. */
async function startNow<T>(call: () => T | Promise<T>): Promise<T> {
  return call();
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}
