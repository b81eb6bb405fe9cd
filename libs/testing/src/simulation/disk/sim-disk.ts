import type { Env } from '#spi';
import type { Choices } from '../choices';
import { MemoryLeases } from '#storage/memory';
import { FaultSource } from './fault-source';
import { SimEngine } from './sim-engine';
import { SimStorage } from './sim-storage';
import { NO_STORAGE_FAULTS, type StorageFaults } from './storage-faults';

/** @publicApi */
export interface SimDiskOptions {
  readonly choices: Choices;
  /** Those left out never strike. */
  readonly faults?: Partial<StorageFaults>;
  /** The clock of the store, in milliseconds: then it has leases. Default: it has none. */
  readonly leaseClock?: (() => number) | undefined;
}

/**
 * A database that outlives the nodes that use it, in memory, with all that goes wrong with databases.
 *
 * Each life of a node opens it and gets a {@link SimStorage}; several may be open at once, over the same rows. What a
 * request is answered is on the disk to stay; what is written and not answered yet is what a power failure may take.
 *
 * ```ts
 * const disk = new SimDisk({ choices, faults: { latencyMs: 20, failApplied: 0.01 } });
 * const life = disk.open(env);
 * disk.crash(life, 'power');
 * const next = disk.open(env);
 * ```
 * @publicApi
 */
export class SimDisk {
  /** What the lives share. @internal */
  readonly engine: SimEngine;

  constructor({ choices, faults = {}, leaseClock }: SimDiskOptions) {
    const leases = leaseClock === undefined ? null : new MemoryLeases(leaseClock);
    this.engine = new SimEngine(new FaultSource(choices, { ...NO_STORAGE_FAULTS, ...faults }), leases);
  }

  /** All waiting goes through `clock`: while it stands still, so does this life, and no other. What others wrote is synced first (J15). */
  open(clock: Pick<Env, 'schedule'>): SimStorage {
    this.engine.log.sync(this.engine.log.mark());
    return new SimStorage(this.engine, clock);
  }

  /**
   * This life is over: nothing it still asks for is answered, or arrives.
   * `process`: what the store has been given stays. `power`: the store itself stops too; of what is not synced a random
   * prefix stays, its last record torn and therefore dropped, a checkpoint under way is whole, absent or torn, and requests of
   * other lives that stand on it are rejected.
   */
  crash(life: SimStorage, how: 'process' | 'power'): void {
    life.die();
    if (how === 'power') this.engine.losePower();
    else this.engine.endLife(life);
  }

  /** No more faults, and no more latency. Requests that hang stay unanswered: see {@link SimStorage.hanging}. */
  heal(): void {
    this.engine.faults.heal();
  }

  /** How often each fault struck so far, by label: a run in which one never did has not tested it. */
  get fired(): ReadonlyMap<string, number> {
    return this.engine.faults.fired;
  }
}
