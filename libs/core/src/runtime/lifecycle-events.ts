import { channel } from 'node:diagnostics_channel';
import { Subject } from 'rxjs';
import type { DeadLetter } from '../dead-letters/dead-letter';
import type { ActorId } from '#spi';
import { outsideTurns } from '../turn/frame';

/**
 * Creating: being initialised. Inactive: addressable, not in memory. Active: takes messages. Terminated: stopped
 * gracefully. Failed: crashed with an error. @publicApi
 */
export type ActorState = 'Creating' | 'Inactive' | 'Active' | 'Terminated' | 'Failed';

/** Why an activation left memory. */
export type Departure = 'passive' | 'terminated' | 'failed';

/** One transition of one actor. @publicApi */
export interface LifecycleEvent {
  readonly actor: ActorId;
  readonly from: ActorState | null;
  readonly to: ActorState;
  /** Why, in a word: 'spawn', 'message', 'idle', 'limit', 'stop', 'error', 'restart', 'shutdown'. */
  readonly reason: string;
  readonly error?: unknown;
}

const diagnostics = channel('plexspaces:lifecycle');

/** Transitions as an Observable and on the diagnostics channel `plexspaces:lifecycle`. Costs nothing unobserved. */
export class LifecycleEvents {
  readonly events$ = new Subject<LifecycleEvent>();
  /** Told when an actor has failed or was stopped, once somebody wants to know. */
  onEnd: ((event: LifecycleEvent) => void) | null = null;
  /** Messages that were parked, each when that is durable. */
  readonly parked$ = new Subject<DeadLetter>();

  get isObserved(): boolean {
    return this.events$.observed || diagnostics.hasSubscribers;
  }

  parked(letter: DeadLetter): void {
    outsideTurns(() => this.parked$.next(letter));
  }

  emit(actor: ActorId, from: ActorState | null, to: ActorState, reason: string, error?: unknown): void {
    const isEnd = this.onEnd !== null && (to === 'Failed' || to === 'Terminated');
    if (!isEnd && !this.isObserved) return;
    const event: LifecycleEvent =
      error === undefined ? { actor, from, to, reason } : { actor, from, to, reason, error };
    outsideTurns(() => {
      this.events$.next(event);
      diagnostics.publish(event);
      if (isEnd) this.onEnd?.(event);
    });
  }
}
