import type { TurnHost } from '../runtime/turn-host';
import type { DurableTurn } from './durable-turn';

/** What a durable turn needs of its activation beyond {@link TurnHost}. */
export interface DurableTurnHost extends TurnHost {
  /**
   * `synced` hears when everything before this point is durable (P4), or why it never will be. `withRecords`: what the turn
   * has recorded itself as well; else that stays for a later append.
   */
  sync(turn: DurableTurn, synced: (error: Error | null) => void, withRecords: boolean): void;
  /** `durability({ cacheSideEffects })`. */
  readonly recordsEffects: boolean;
  /** The handler may wait for a record that never comes: the turn fails with `error`. */
  turnLost(turn: DurableTurn, error: unknown): void;
}

/** How a turn runs: as a message that may write, on the committed instance, or against history without writing. */
export type TurnMode = 'write' | 'read' | 'verify';
