import { type LeaseHolder, type LeaseStorage, StoreClosedError } from '#spi';
import { Keys } from './keys';
import { LEASE_SCRIPTS, Nodes } from './nodes';
import type { RedisTarget } from './redis-options';
import { CLAIM, RELEASE } from './scripts/lease.scripts';

/** Leases in Redis, judged by the clock of the server that holds them. Its connection is its own (L5). */
export class RedisLeaseStorage implements LeaseStorage {
  private isOpen = true;

  private constructor(
    private readonly nodes: Nodes,
    private readonly keys: Keys,
  ) {}

  static async open(target: RedisTarget): Promise<RedisLeaseStorage> {
    return new RedisLeaseStorage(await Nodes.open(target, LEASE_SCRIPTS), new Keys(target.prefix));
  }

  async claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder> {
    this.check();
    const call = {
      tag: 'lease',
      script: CLAIM,
      keys: [this.keys.lease(name)],
      args: [holder, String(Math.ceil(ttlMs))],
    } as const;
    const [by, left] = (await this.nodes.call(call)) as readonly [Buffer, number];
    return { holder: by.toString(), leftMs: left };
  }

  async release(name: string, holder: string): Promise<void> {
    this.check();
    await this.nodes.call({ tag: 'lease', script: RELEASE, keys: [this.keys.lease(name)], args: [holder] });
  }

  async close(): Promise<void> {
    this.isOpen = false;
    await this.nodes.close();
  }

  private check(): void {
    if (!this.isOpen) throw new StoreClosedError('redis');
  }
}
