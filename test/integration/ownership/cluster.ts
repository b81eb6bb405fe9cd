import type { Type } from '@nestjs/common';
import { MemoryStorage, type OwnershipEvent } from 'plexspaces';
import type { Env, LeaseStorage, Storage } from 'plexspaces/spi';
import { ManualClock } from 'plexspaces/testing';
import { MemoryLeases, MemoryLeaseStorage } from '#storage/memory';
import { type App, type AppParts, startApp } from '../../support/app';

export const TTL_MS = 10_000;

export interface ClusterApp extends App {
  readonly changes: readonly OwnershipEvent[];
}

export interface NodeParts extends Partial<Omit<AppParts, 'storage' | 'env'>> {
  readonly leases?: LeaseStorage;
  /** Changes its handle on the store. */
  readonly change?: (storage: Storage) => Storage;
}

/** Several nodes in one process on one store that knows leases; its clock is theirs. */
export class Cluster {
  readonly clock = new ManualClock({ random: () => 0 });
  readonly memory = new MemoryStorage();
  readonly leases = new MemoryLeases(() => this.time);
  private blockedMs = 0;

  constructor(private readonly actors: readonly Type<object>[]) {}

  get time(): number {
    return this.clock.monotonic() + this.blockedMs;
  }

  /** Time passes, and nothing of this process happens: its event loop is blocked, or it is stopped. */
  block(ms: number): void {
    this.blockedMs += ms;
  }

  get ownerIs(): string | undefined {
    return this.leases.holderOf('owner')?.holder.split('/')[0];
  }

  async start(nodeId: string, { leases, change = (same) => same, ...parts }: NodeParts = {}): Promise<ClusterApp> {
    const storage = change(this.handle(leases ?? new MemoryLeaseStorage(this.leases)));
    const options = { lease: { ttl: TTL_MS }, development: false, ...parts };
    const starting = startApp({ actors: this.actors, nodeId, env: this.env(), storage, ...options });
    const app = await this.clock.runUntil(starting);
    const changes: OwnershipEvent[] = [];
    app.system.ownership$.subscribe((change) => changes.push(change));
    return { ...app, changes };
  }

  /** Ends it; time goes on meanwhile. */
  async stop(app: App): Promise<void> {
    await this.clock.runUntil(app.close());
  }

  private handle(leases: LeaseStorage): Storage {
    const own = new MemoryStorage(this.memory.tables);
    const journal = Object.create(own.journal, {
      capabilities: { value: { ...own.journal.capabilities, shared: true } },
    }) as Storage['journal'];
    return { journal, inbox: own.inbox, checkpoints: own.checkpoints, leases };
  }

  private env(): Env {
    const { clock } = this;
    return {
      now: () => clock.now() + this.blockedMs,
      monotonic: () => this.time,
      schedule: (fn, delayMs) => clock.schedule(fn, delayMs),
      immediate: (fn) => clock.immediate(fn),
      random: () => clock.random(),
      id: () => clock.id(),
    };
  }
}
