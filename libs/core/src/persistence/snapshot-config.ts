import type { PersistentStorage } from '#spi';

/**
 * `@Actor({ snapshot })`, resolved. For actors without `durability()`: their state is saved now and then, and before
 * they leave memory. What happened since the last save is lost by a crash.
 */
export interface SnapshotConfig {
  readonly storage: PersistentStorage;
  /** Completed messages between automatic saves. */
  readonly every: number;
}
