import type { TurnHost } from '../runtime/turn-host';
import type { DurableTurn } from './durable-turn';

/** What a durable turn needs of its activation beyond {@link TurnHost}. */
export interface DurableTurnHost extends TurnHost {
  /** `synced` hears when everything before this point, the turn's own records included, is durable (P4), or why it never will be. */
  sync(turn: DurableTurn, synced: (error: Error | null) => void): void;
  /** `durability({ cacheSideEffects })`. */
  readonly recordsEffects: boolean;
  /** The handler may wait for a record that never comes: the turn fails with `error`. */
  turnLost(turn: DurableTurn, error: unknown): void;
}
