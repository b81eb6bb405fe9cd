import type { Env } from '#spi';
import type { VirtualActorConfig } from '../facet/virtual-actor.facet';
import type { Activation } from './activation';
import { DeadlineQueue, type Timed } from './deadline-queue';

/** How many of some virtual actors may be in memory. */
interface Limit {
  readonly max: number;
  /** Where those of them wait that have nothing to do. */
  readonly queues: readonly IdleQueue[];
  active: number;
  /** Evicted, and not gone yet. */
  leaving: number;
}

/** Activations of one idle timeout that have nothing to do, in the order in which they came to rest. */
export class IdleQueue extends DeadlineQueue {
  constructor(
    env: Env,
    durationMs: number,
    private readonly rested: () => void,
  ) {
    super(env, durationMs);
  }

  override add(activation: Timed): void {
    super.add(activation);
    this.rested();
  }

  /** Since when the one in front has rested; `null` when the queue is empty. */
  get restingSince(): number | null {
    return this.oldest === null ? null : this.oldest.timedAt - this.durationMs;
  }
}

/**
 * Virtual actors in memory that have nothing to do, and the limits on how many are there at all.
 *
 *  L1. Beyond a limit the actor leaves that has rested longest; one that has something to do never does. So a limit is
 *      passed only by actors that are busy, and kept again as soon as they rest.
 *  L2. A message costs what it costs without a limit: queues are in order by themselves, and the front one goes. Only an
 *      eviction looks at more than one queue, of which there is one per idle timeout in use.
 *  L3. To leave is to be passivated as if the idle time were over: state and messages are kept.
 */
export class IdleActors {
  private readonly shared = new Map<number, IdleQueue>();
  private readonly queues: IdleQueue[] = [];
  private readonly ofClass = new Map<IdleQueue, Limit>();
  private readonly ofAll: Limit | null;

  constructor(
    private readonly env: Env,
    maxActive: number | null,
  ) {
    this.ofAll = maxActive === null ? null : { max: maxActive, queues: this.queues, active: 0, leaving: 0 };
  }

  /** The queue of an actor class; one of its own where it has a limit of its own. */
  queueOf({ idleTimeoutMs, maxActive }: VirtualActorConfig): IdleQueue {
    if (maxActive !== null) {
      const queue = this.newQueue(idleTimeoutMs);
      this.ofClass.set(queue, { max: maxActive, queues: [queue], active: 0, leaving: 0 });
      return queue;
    }
    let queue = this.shared.get(idleTimeoutMs);
    if (queue === undefined) this.shared.set(idleTimeoutMs, (queue = this.newQueue(idleTimeoutMs)));
    return queue;
  }

  /** It is in memory from here on. */
  entered({ cls: { idle } }: Activation): void {
    if (idle === null) return;
    for (const limit of this.limitsOn(idle)) {
      limit.active++;
      this.keep(limit);
    }
  }

  /** It is not in memory any more. */
  left({ cls: { idle } }: Activation): void {
    if (idle !== null) for (const limit of this.limitsOn(idle)) limit.active--;
  }

  close(): void {
    for (const queue of this.queues) queue.close();
  }

  private newQueue(idleTimeoutMs: number): IdleQueue {
    const queue = new IdleQueue(this.env, idleTimeoutMs, () => {
      const own = this.ofClass.get(queue);
      if (own !== undefined) this.keep(own);
      if (this.ofAll !== null) this.keep(this.ofAll);
    });
    this.queues.push(queue);
    return queue;
  }

  private limitsOn(queue: IdleQueue): readonly Limit[] {
    return [this.ofClass.get(queue), this.ofAll].filter((limit) => limit != null);
  }

  /** L1. */
  private keep(limit: Limit): void {
    while (limit.active - limit.leaving > limit.max) {
      const queue = longestResting(limit.queues);
      if (queue === null) return;
      this.evict(queue, queue.oldest as Activation);
    }
  }

  private evict(queue: IdleQueue, activation: Activation): void {
    queue.remove(activation);
    if (!activation.isIdle || activation.isHeld) return; // it comes back when it rests
    const limits = this.limitsOn(queue);
    for (const limit of limits) limit.leaving++;
    void activation.passivate('limit').then(() => {
      for (const limit of limits) limit.leaving--;
    });
  }
}

function longestResting(queues: readonly IdleQueue[]): IdleQueue | null {
  let longest: IdleQueue | null = null;
  for (const queue of queues)
    if (queue.restingSince !== null && queue.restingSince < (longest?.restingSince ?? Infinity)) longest = queue;
  return longest;
}
