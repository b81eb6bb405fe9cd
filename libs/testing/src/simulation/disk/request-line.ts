import { type Env, StoreClosedError, StoreFailedError } from '#spi';
import type { Fate } from './fault-source';
import type { SimEngine } from './sim-engine';
import type { LogMark } from './write-log';

export const STORE = 'sim';

/**
 * Between one life and the store: requests wait here, meet their faults, and are answered, or never.
 *
 *  R1  A request reaches the store in one step, after its latency; those of one life may overtake each other.
 *  R2  What has seen or written the log is answered once all it stands on is synced; whoever waits for that syncs it
 *      himself, so that a paused life holds nobody up.
 *  R3  A power failure in between makes the outcome unknown: the request is rejected (J7).
 *  R4  Nothing of a dead life arrives, and nothing is answered to it.
 */
export class RequestLine {
  /** Requests that will never be answered, though this life goes on. */
  hanging = 0;
  private isClosed = false;
  private isDead = false;

  constructor(
    readonly engine: SimEngine,
    private readonly clock: Pick<Env, 'schedule'>,
    /** Whose requests these are. */
    readonly life: object,
  ) {}

  /** A look at the log or the inbox. */
  readLog<T>(request: string, run: () => Promise<T>): Promise<T> {
    return this.ask(request, async () => {
      this.mayFail(request);
      const mark = this.engine.log.mark();
      const result = run();
      await this.synced(mark);
      return result;
    });
  }

  /** A look at the checkpoints. */
  readFile<T>(request: string, run: () => Promise<T>): Promise<T> {
    return this.ask(request, async () => {
      this.mayFail(request);
      return run();
    });
  }

  /** `run` applies the change, in the step in which its fate is chosen, and may wait for the disk before it is answered. */
  change<T>(request: string, needsSpace: boolean, run: (fate: Fate) => Promise<T>): Promise<T> {
    return this.ask(request, async () => {
      const fate = this.engine.faults.fateOf(request, needsSpace);
      const result = fate.applies ? run(fate) : undefined;
      if (fate.answers === 'result') return result as Promise<T>;
      await result;
      if (fate.answers === 'error') throw new StoreFailedError(STORE, fate.reason);
      this.hanging++;
      return new Promise<never>(() => undefined);
    });
  }

  /** R2, R3. @throws StoreFailedError */
  async synced(mark: LogMark): Promise<void> {
    const { log } = this.engine;
    if (log.isSynced(mark)) return;
    await this.pause('sync.latency');
    if (!log.sync(mark)) throw powerFailed();
  }

  /** R4. As long as the faults say. */
  async pause(label: string): Promise<void> {
    const delayMs = this.engine.faults.latency(label);
    if (delayMs === 0) return;
    await new Promise<void>((resolve) => this.clock.schedule(this.unlessDead(resolve), delayMs));
  }

  /** R4. So long, unless the faults end before. */
  async beLate(delayMs: number): Promise<void> {
    if (delayMs === 0) return;
    const { faults } = this.engine;
    await new Promise<void>((resolve) =>
      faults.arriveLate(this.unlessDead(resolve), (arrive) => this.clock.schedule(arrive, delayMs)),
    );
  }

  private unlessDead(resolve: () => void): () => void {
    return () => {
      if (!this.isDead) resolve();
    };
  }

  die(): void {
    this.isDead = true;
  }

  close(): void {
    this.isClosed = true;
  }

  /** R1, R4. Without latency `arrive` runs before this returns. */
  private ask<T>(request: string, arrive: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isDead) return;
      if (this.isClosed) throw new StoreClosedError(STORE);
      const run = (): void => {
        if (this.isDead) return;
        arrive().then(
          (answer) => {
            if (!this.isDead) resolve(answer);
          },
          (error: unknown) => {
            if (!this.isDead) reject(error);
          },
        );
      };
      const delayMs = this.engine.faults.latency(`${request}.latency`);
      if (delayMs === 0) run();
      else this.clock.schedule(run, delayMs);
    });
  }

  private mayFail(request: string): void {
    if (this.engine.faults.readFails(request)) throw new StoreFailedError(STORE, 'the read failed');
  }
}

export function powerFailed(): StoreFailedError {
  return new StoreFailedError(STORE, 'the power failed before the write was synced');
}
