import { StateMap } from '#journal';
import type { TurnHost } from '../runtime/turn-host';
import { isForgotten } from './delegation';
import type { ReplyToken } from './reply-token';

/** Beside the states of facets, whose names never begin so. */
const SLOT = '$deferred';
/** P12: answers one actor may owe at a time. */
export const MAX_OPEN = 10_000;

type Kept = Pick<TurnHost, 'facetState' | 'setFacetState'>;

/**
 * The answers an actor owes: message id → when the answer was put off, oldest first. Part of the actor's state: rolled back
 * with a failed turn (P7), durable where the actor is, the same when the turn is run again (P9).
 */
export class OpenDeferrals {
  private constructor(
    private readonly host: Kept,
    private readonly lifetimeMs: number,
    private readonly open: StateMap<string, number>,
  ) {}

  static of(host: Kept, lifetimeMs: number): OpenDeferrals {
    return new OpenDeferrals(
      host,
      lifetimeMs,
      (host.facetState(SLOT) as StateMap<string, number> | undefined) ?? new StateMap(),
    );
  }

  /**
   * One that nobody can ask for any more is not noted: another may be owed under its id.
   * @param since when its answer was put off first
   * @returns `false` when there are too many
   */
  add(messageId: string, since: number, now: number): boolean {
    if (this.isOver(since, now)) return true;
    for (const [id, begin] of this.open) {
      if (!this.isOver(begin, now)) break;
      this.open.delete(id);
    }
    if (this.open.size >= MAX_OPEN) return false;
    this.open.set(messageId, since);
    this.host.setFacetState(SLOT, this.open);
    return true;
  }

  /** Takes one out that is to be answered now. @returns whether it is owed, or why it cannot be answered */
  take({ messageId, since }: ReplyToken, now: number): 'owed' | 'unknown' | 'expired' {
    if (this.isOver(since, now)) return 'expired';
    if (this.open.get(messageId) !== since) return 'unknown';
    this.open.delete(messageId);
    return 'owed';
  }

  private isOver(since: number, now: number): boolean {
    return isForgotten({ since }, this.lifetimeMs, now);
  }
}
