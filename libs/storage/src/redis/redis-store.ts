import { StoreClosedError, partitionOf } from '#spi';
import { Keys } from './keys';
import type { Argument } from './link';
import { Nodes, STORE_SCRIPTS } from './nodes';
import { OutboxRelay } from './outbox-relay';
import type { RedisTarget } from './redis-options';
import { RedisWriter } from './redis-writer';
import type { Script } from './scripts/script';

interface Shared {
  readonly nodes: Nodes;
  readonly relay: OutboxRelay;
  handles: number;
}

/** A share in the connections of one store. The last one to close it ends them. */
export class RedisStore {
  readonly writer: RedisWriter;
  private isOpen = true;
  private closing: Promise<void> | undefined;

  private constructor(
    readonly keys: Keys,
    private readonly shared: Shared,
  ) {
    shared.handles++;
    this.writer = new RedisWriter(shared.nodes, keys, shared.relay);
  }

  /** Messages that a crash has left on their way are moved first. */
  static async open(target: RedisTarget): Promise<RedisStore> {
    const nodes = await Nodes.open(target, STORE_SCRIPTS);
    const keys = new Keys(target.prefix);
    const relay = new OutboxRelay(nodes, keys);
    try {
      await relay.drain(await nodes.usedPartitions());
      return new RedisStore(keys, { nodes, relay, handles: 0 });
    } catch (error) {
      await nodes.close();
      throw error;
    }
  }

  share(): RedisStore {
    this.check();
    return new RedisStore(this.keys, this.shared);
  }

  get nodes(): Nodes {
    return this.shared.nodes;
  }

  /** Runs a script about one actor; its base and name are put before `args`. */
  run(actor: string, script: Script, args: readonly Argument[]): Promise<unknown> {
    const partition = partitionOf(actor);
    const keys = this.nodes.isCluster
      ? [...this.keys.ofPartition(partition, [actor]), this.keys.checkpoints(actor)]
      : [];
    return this.nodes.call({ tag: partition, script, keys, args: [this.keys.base(partition), actor, ...args] });
  }

  /** Partitions in use, when nothing is on its way to any of them: see O3. */
  async settledPartitions(): Promise<readonly number[]> {
    const partitions = await this.nodes.usedPartitions();
    await this.shared.relay.drain(partitions);
    return partitions;
  }

  /** To be told before the first write to a partition. */
  markUsed(partition: number): Promise<void> {
    return this.shared.relay.markUsed([partition]);
  }

  /** @throws StoreClosedError */
  check(): void {
    if (!this.isOpen) throw new StoreClosedError('redis');
  }

  async close(): Promise<void> {
    if (this.isOpen) {
      this.isOpen = false;
      if (--this.shared.handles === 0) this.closing = this.nodes.close();
    }
    await this.closing;
  }
}
