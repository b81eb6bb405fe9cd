import type { LeaseHolder, LeaseStorage } from '#spi';
import { MemoryPort } from './memory-port';

/** The leases of one store in memory, which several handles share. */
export class MemoryLeases {
  private readonly held = new Map<string, { readonly holder: string; readonly endsAt: number }>();

  /** @param now the store's clock, in milliseconds */
  constructor(private readonly now: () => number) {}

  /** Who holds it now; `null` when it is free or has ended. */
  holderOf(name: string): LeaseHolder | null {
    const lease = this.held.get(name);
    const leftMs = (lease?.endsAt ?? -Infinity) - this.now();
    return lease !== undefined && leftMs > 0 ? { holder: lease.holder, leftMs } : null;
  }

  claim(name: string, holder: string, ttlMs: number): LeaseHolder {
    const current = this.holderOf(name);
    if (current !== null && current.holder !== holder) return current;
    this.held.set(name, { holder, endsAt: this.now() + ttlMs });
    return { holder, leftMs: ttlMs };
  }

  release(name: string, holder: string): void {
    if (this.held.get(name)?.holder === holder) this.held.delete(name);
  }
}

/** One handle on them. A store in memory is its process's own and needs none: this is for several nodes in one process. */
export class MemoryLeaseStorage implements LeaseStorage {
  private readonly port = new MemoryPort();

  constructor(private readonly leases: MemoryLeases) {}

  async claim(name: string, holder: string, ttlMs: number): Promise<LeaseHolder> {
    this.port.check();
    return this.leases.claim(name, holder, ttlMs);
  }

  async release(name: string, holder: string): Promise<void> {
    this.port.check();
    this.leases.release(name, holder);
  }

  async close(): Promise<void> {
    this.port.close();
  }
}
