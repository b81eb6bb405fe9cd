import type { Subscription } from 'rxjs';
import type { InboxStorage } from '#spi';
import { encodeActorId } from '#spi';
import type { LifecycleEvents } from '../runtime/lifecycle-events';

/** Remembered at most; who is beyond it is counted as one more. */
const REMEMBERED = 1_000;

/** An actor that failed, and why. */
export interface FailedActor {
  readonly actor: string;
  readonly at: number;
  readonly reason: string;
}

/**
 * Actors in trouble, as this process came to know of them since its start: those that failed and have not been active
 * since, and those that parked a message. Bounded: of more than it remembers the oldest are forgotten.
 */
export class ActorTroubles {
  private readonly failed = new Map<string, FailedActor>();
  private readonly parked = new Set<string>();
  private readonly subscriptions: readonly Subscription[];

  constructor(events: LifecycleEvents, now: () => number) {
    this.subscriptions = [
      events.events$.subscribe(({ actor, to, error }) => {
        const id = encodeActorId(actor);
        if (to === 'Failed') remember(this.failed, id, { actor: id, at: now(), reason: describe(error) });
        else if (to !== 'Creating') this.failed.delete(id);
      }),
      events.parked$.subscribe(({ actor }) => {
        this.parked.add(encodeActorId(actor));
        if (this.parked.size > REMEMBERED) this.parked.delete(this.parked.values().next().value as string);
      }),
    ];
  }

  get failures(): readonly FailedActor[] {
    return [...this.failed.values()];
  }

  /** Those of `limit` that still have parked messages, with their number; others are forgotten. */
  async stillParked(inbox: InboxStorage, limit: number): Promise<readonly { actor: string; messages: number }[]> {
    const found: { actor: string; messages: number }[] = [];
    for (const actor of this.parked) {
      if (found.length === limit) break;
      const { length } = await inbox.parked(actor);
      if (length > 0) found.push({ actor, messages: length });
      else this.parked.delete(actor);
    }
    return found;
  }

  get parkedCount(): number {
    return this.parked.size;
  }

  close(): void {
    for (const subscription of this.subscriptions) subscription.unsubscribe();
  }
}

function remember(map: Map<string, FailedActor>, id: string, trouble: FailedActor): void {
  map.delete(id);
  map.set(id, trouble);
  if (map.size > REMEMBERED) map.delete(map.keys().next().value as string);
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
