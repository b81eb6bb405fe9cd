import { type Timer, failpoint } from '#spi';
import { outsideTurns } from '../turn/frame';
import { type RetryPolicy, decideRetryDelay } from '../turn/retry-policy';
import type { SystemPort } from './system-port';

/** Actors woken per look; the next look follows at once when there were as many. */
const PAGE = 1_000;
/** Looked again at least this often: work whose activation failed is due still. */
const PATROL_MS = 30_000;
/** Ended rows forgotten at once: other writes come in between. */
const SWEEP = 5_000;
/** A look that failed says nothing about what is due: it comes again long before the patrol would, however long the store was away. */
const LOOK_RETRY: RetryPolicy = { maxAttempts: Infinity, initialMs: 250, maxMs: 4_000, factor: 2, jitter: 'none' };

/**
 * Finds accepted work whose time has come (P8): at start all that a crash left, later what was delayed. It reads one
 * index of rows that are due, never actors or journals, and wakes the actors; they read their own rows.
 */
export class DueScanner {
  private timer: Timer | null = null;
  private timerAt = Infinity;
  private scanning: Promise<void> | null = null;
  private stopped = false;
  /** Looks that failed since the last one that did not. */
  private failed = 0;
  /** Since when, on the monotonic clock, a look has been under way; `null`: none is. */
  lookingSince: number | null = null;
  /** When the first of the looks began that have all failed, on the same clock; `null`: the last one did not. */
  failingSince: number | null = null;

  constructor(
    private readonly system: SystemPort,
    private readonly wake: (actor: string) => void,
  ) {}

  async start(): Promise<void> {
    this.scanning = this.scan();
    await this.scanning;
  }

  /** A row falls due at this wall-clock time. */
  expect(dueAt: number): void {
    if (this.stopped || dueAt >= this.timerAt) return;
    this.timer?.cancel();
    this.timerAt = dueAt;
    const { env } = this.system;
    this.timer = outsideTurns(() => env.schedule(() => this.fire(), Math.max(0, dueAt - env.now())));
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private fire(): void {
    this.timerAt = Infinity;
    this.timer = null;
    this.scanning = (this.scanning ?? Promise.resolve()).then(() => this.scan());
  }

  private async scan(): Promise<void> {
    if (this.stopped || !this.system.mayAct()) return;
    const { env, storage, logger } = this.system;
    const beganAt = (this.lookingSince = env.monotonic());
    try {
      failpoint('due.beforeSweep');
      const swept = await storage.inbox.sweep(env.now(), SWEEP);
      failpoint('due.afterSweep');
      const at = env.now(); // one moment for both questions: what falls due between two would be in neither answer
      for (let limit = PAGE, woken = 0; ; limit *= 2) {
        const found = await storage.inbox.due(at, limit);
        if (!this.system.mayAct()) return; // another node looks after them
        for (const { actor } of found.slice(woken)) {
          failpoint('due.beforeWake');
          this.wake(actor);
        }
        woken = found.length;
        if (found.length < limit) break; // else some that cannot go on now might hide those behind them for ever
      }
      failpoint('due.afterWake');
      if (swept === SWEEP) await this.sweepTheRest();
      const next = await storage.inbox.nextDue(at);
      this.failed = 0;
      this.failingSince = null;
      this.expect(Math.min(next ?? Infinity, env.now() + PATROL_MS));
    } catch (error) {
      if (this.stopped) return;
      this.failingSince ??= beganAt;
      const waitMs = decideRetryDelay(LOOK_RETRY, ++this.failed, 1);
      logger.error(`Looking for due messages failed, trying again in ${waitMs} ms: ${String(error)}`);
      this.expect(env.now() + waitMs);
    } finally {
      this.lookingSince = null;
    }
  }

  /** However many messages ended within a look's time, no more are kept than the window says. What is due went first. */
  private async sweepTheRest(): Promise<void> {
    const { env, storage } = this.system;
    while (!this.stopped && (await storage.inbox.sweep(env.now(), SWEEP)) === SWEEP);
  }
}
