import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';
import type { Env, Timer } from './env';

/** Node fires a longer timer after 1 ms; longer waits are made of laps. */
const MAX_LAP_MS = 2 ** 31 - 1;

/** Between two looks whether a process that has nothing else to wait for is still needed. */
const STAY_MS = 50;

const needs = new Set<() => boolean>();

/** The real world. The one file that may touch Date, Math.random, performance and timers. */
export class SystemEnv implements Env {
  private readonly ulid = monotonicFactory(pooledRandom());

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  schedule(fn: () => void, delayMs: number): Timer {
    return new LappedTimer(fn, delayMs);
  }

  immediate(fn: () => void): void {
    setImmediate(fn);
  }

  random(): number {
    return Math.random();
  }

  id(): string {
    return this.ulid();
  }

  stayUp(isNeeded: () => boolean): Timer {
    const need = (): boolean => isNeeded(); // one entry per call, also of one function
    if (needs.size === 0) process.on('beforeExit', stayIfNeeded);
    needs.add(need);
    return {
      cancel: () => {
        if (needs.delete(need) && needs.size === 0) process.off('beforeExit', stayIfNeeded);
      },
    };
  }
}

/** Node says so each time the event loop has run dry; a timer that counts lets it go on. */
function stayIfNeeded(): void {
  for (const isNeeded of needs) if (isNeeded()) return void setTimeout(() => undefined, STAY_MS);
}

/** Cryptographic randomness drawn in bulk: one draw per byte is what made ids expensive. */
function pooledRandom(): () => number {
  const pool = new Uint8Array(4_096);
  let at = pool.length;
  return () => {
    if (at === pool.length) {
      randomFillSync(pool);
      at = 0;
    }
    return (pool[at++] as number) / 256;
  };
}

class LappedTimer implements Timer {
  private handle: NodeJS.Timeout | undefined;

  constructor(
    private readonly fn: () => void,
    delayMs: number,
  ) {
    this.lap(delayMs);
  }

  cancel(): void {
    clearTimeout(this.handle);
  }

  private lap(leftMs: number): void {
    const lapMs = Math.min(leftMs, MAX_LAP_MS);
    this.handle = setTimeout(() => (leftMs > lapMs ? this.lap(leftMs - lapMs) : this.fn()), lapMs);
    this.handle.unref();
  }
}
