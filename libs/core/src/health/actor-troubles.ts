import type { Subscription } from 'rxjs';
import { encodeActorId } from '#spi';
import type { LifecycleEvents } from '../runtime/lifecycle-events';

/** Remembered at most; of more the oldest are forgotten. */
const REMEMBERED = 1_000;

/** An actor that failed, and why. */
export interface FailedActor {
  readonly actor: string;
  readonly at: number;
  readonly reason: string;
}

/** Actors that failed in this process and have not been active since. What is parked the store knows. */
export class ActorTroubles {
  private readonly failed = new Map<string, FailedActor>();
  private readonly subscription: Subscription;

  constructor(events: LifecycleEvents, now: () => number) {
    this.subscription = events.events$.subscribe(({ actor, to, error }) => {
      const id = encodeActorId(actor);
      if (to === 'Failed') this.remember({ actor: id, at: now(), reason: describe(error) });
      else if (to !== 'Creating') this.failed.delete(id);
    });
  }

  get failures(): readonly FailedActor[] {
    return [...this.failed.values()];
  }

  close(): void {
    this.subscription.unsubscribe();
  }

  private remember(trouble: FailedActor): void {
    const { failed } = this;
    failed.delete(trouble.actor);
    failed.set(trouble.actor, trouble);
    if (failed.size > REMEMBERED) failed.delete(failed.keys().next().value as string);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
