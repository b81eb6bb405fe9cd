import { MemoryPersistentStorage, type PersistentStorage } from 'plexspaces';
import { Gate } from '../../support/gate';

/** A storage as a user writes one: two methods. */
export class UserStorage implements PersistentStorage {
  readonly bytes = new Map<string, Uint8Array>();
  writes = 0;

  async tryRead(actorId: string): Promise<Uint8Array | null> {
    return this.bytes.get(actorId) ?? null;
  }

  async tryWrite(actorId: string, bytes: Uint8Array): Promise<void> {
    this.writes++;
    this.bytes.set(actorId, bytes);
  }
}

/** Fails, hangs or lies when told to, and remembers what was asked of it. */
export class TrickyStorage implements PersistentStorage {
  readonly inner = new MemoryPersistentStorage();
  readonly calls: string[] = [];
  readFails: Error | null = null;
  writeFails: Error | null = null;
  /** The next write waits here. */
  hold: Gate | null = null;

  async tryRead(actorId: string): Promise<Uint8Array | null> {
    this.calls.push('read');
    if (this.readFails !== null) throw this.readFails;
    return this.inner.tryRead(actorId);
  }

  async tryWrite(actorId: string, bytes: Uint8Array): Promise<void> {
    this.calls.push('write');
    const { hold } = this;
    this.hold = null;
    await hold?.pass();
    if (this.writeFails !== null) throw this.writeFails;
    await this.inner.tryWrite(actorId, bytes);
  }

  get writes(): number {
    return this.calls.filter((call) => call === 'write').length;
  }
}
