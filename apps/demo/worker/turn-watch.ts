import { Injectable } from '@nestjs/common';
import type { ActorContext } from 'plexspaces';
import { isPlanted } from '../planted';
import { MISHAP } from './wire';

/** One act of a turn, and whether the record already had it. */
export interface WatchedEffect {
  readonly name: string;
  readonly fromRecord: boolean;
}

/**
 * Looks over the shoulder of the handlers, so that the tour can tell which effects came from the record. Not part
 * of the actor's state: it forgets with the process.
 */
@Injectable()
export class TurnWatch {
  private readonly effects = new Map<string, readonly WatchedEffect[]>();
  private mishap = process.env[MISHAP];

  /** Throws once for the message that is to have a mishap: a bug, a lost connection, what happens between two calls. */
  stumble(ctx: ActorContext): void {
    if (ctx.correlationId !== this.mishap) return;
    this.mishap = undefined;
    throw new Error('a mishap between two effects, as the tour asked for');
  }

  ran(ctx: ActorContext): void {
    this.effects.set(ctx.correlationId, [...ctx.sideEffects]);
  }

  /** What the message's run in this process did; empty when it was answered without one. */
  effectsOf(correlationId: string): readonly WatchedEffect[] {
    return this.effects.get(correlationId) ?? [];
  }
}

/** Planted: a repeat is answered differently. */
export function answerOf(value: number, isRepeat: boolean): number {
  return isRepeat && isPlanted('answer-changes') ? value + 1 : value;
}
