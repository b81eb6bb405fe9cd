import type { Env } from '#spi';
import { DeadlineQueue } from './deadline-queue';
import { IdleActors } from './idle-actors';

/** One queue per duration in use. */
export class Deadlines {
  /** Actors at rest have queues apart. */
  readonly idle: IdleActors;
  private readonly queues = new Map<number, DeadlineQueue>();

  constructor(
    private readonly env: Env,
    maxActiveActors: number | null,
  ) {
    this.idle = new IdleActors(env, maxActiveActors);
  }

  of(durationMs: number): DeadlineQueue {
    let queue = this.queues.get(durationMs);
    if (queue === undefined) {
      if (this.queues.size >= 1_000) this.forgetEmpty();
      queue = new DeadlineQueue(this.env, durationMs);
      this.queues.set(durationMs, queue);
    }
    return queue;
  }

  /** Nobody waits for an answer, and no turn is under way. */
  get isEmpty(): boolean {
    for (const queue of this.queues.values()) if (!queue.isEmpty) return false;
    return true;
  }

  close(): void {
    this.idle.close();
    for (const queue of this.queues.values()) queue.close();
  }

  private forgetEmpty(): void {
    for (const [durationMs, queue] of this.queues) {
      if (!queue.isEmpty) continue;
      queue.close();
      this.queues.delete(durationMs);
    }
  }
}
