import type { PersistentStorage } from '#spi';
import { copyOf } from './memory-tables';

/** Snapshots in memory. */
export class MemoryPersistentStorage implements PersistentStorage {
  private readonly snapshots = new Map<string, Uint8Array>();

  async tryRead(actorId: string): Promise<Uint8Array | null> {
    const bytes = this.snapshots.get(actorId);
    return bytes === undefined ? null : copyOf(bytes);
  }

  async tryWrite(actorId: string, bytes: Uint8Array): Promise<void> {
    this.snapshots.set(actorId, copyOf(bytes));
  }
}
