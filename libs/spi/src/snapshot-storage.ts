/**
 * Where actors without a journal keep their snapshots: two methods, so that a user can write one.
 *
 *  S1. `tryRead` answers `null` for absent, an empty array for empty, and rejects for unreadable.
 *  S2. `tryWrite` is atomic: after a crash the old bytes or the new, never a mixture. The last write wins.
 * @publicApi
 */
export interface PersistentStorage {
  tryRead(actorId: string): Promise<Uint8Array | null>;
  tryWrite(actorId: string, bytes: Uint8Array): Promise<void>;
}
