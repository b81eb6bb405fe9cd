import { channel } from 'node:diagnostics_channel';
import { Subject } from 'rxjs';
import type { ActorId } from '#spi';
import { outsideTurns } from '../turn/frame';

/**
 * Creating: being initialised. Inactive: addressable, not in memory. Active: takes messages. Terminated: stopped
 * gracefully. Failed: crashed with an error. @publicApi
 */
export type ActorState = 'Creating' | 'Inactive' | 'Active' | 'Terminated' | 'Failed';

/** One transition of one actor. @publicApi */
export interface LifecycleEvent {
  readonly actor: ActorId;
  readonly from: ActorState | null;
  readonly to: ActorState;
  /** Why, in a word: 'spawn', 'message', 'idle', 'stop', 'error', 'restart', 'shutdown'. */
  readonly reason: string;
  readonly error?: unknown;
}

/** A message that is not tried again, durably. */
export interface ParkedEvent {
  /** Encoded id. */
  readonly actor: string;
  readonly messageId: string;
  readonly error: Error;
}

const diagnostics = channel('plexspaces:lifecycle');

/** Transitions as an Observable and on the diagnostics channel `plexspaces:lifecycle`. Costs nothing unobserved. */
export class LifecycleEvents {
  readonly events$ = new Subject<LifecycleEvent>();
  readonly parked$ = new Subject<ParkedEvent>();

  get isObserved(): boolean {
    return this.events$.observed || diagnostics.hasSubscribers;
  }

  parked(event: ParkedEvent): void {
    outsideTurns(() => this.parked$.next(event));
  }

  emit(actor: ActorId, from: ActorState | null, to: ActorState, reason: string, error?: unknown): void {
    if (!this.isObserved) return;
    const event: LifecycleEvent =
      error === undefined ? { actor, from, to, reason } : { actor, from, to, reason, error };
    outsideTurns(() => {
      this.events$.next(event);
      diagnostics.publish(event);
    });
  }
}
