import { type AppendWrite, type InboxChange, type NewInboxRow, type Write, partitionOf } from '#spi';
import type { Keys } from './keys';
import { pack } from './pack';
import { type PackedRow, packRow, putAccept, putAppend } from './pack-write';
import { Packet } from './packet';
import { packBlob } from './row-codec';

/** What a write comes to, about. */
const WRITE_BYTES = 1024;

/** Messages of one append on their way to other slots. */
export interface Posts {
  /** Of their sender: whose outbox they lie in. */
  readonly from: number;
  readonly rows: readonly PackedRow[];
}

/** Writes of one slot, for one run of the flush script. */
export interface Batch {
  readonly partition: number;
  /** Places in the flush. */
  readonly indexes: number[];
  readonly packet: Packet;
  readonly actors: Set<string>;
}

/** Batches that may run at the same time, and what they send to other slots: moved when all of them have run. */
export interface Wave {
  readonly batches: Map<number, Batch>;
  /** By write, in the order of the flush. */
  readonly posts: Map<number, Posts>;
  /** Message ids on their way, by receiver. */
  readonly underWay: Map<string, Set<string>>;
}

/**
 * Puts writes together. Where one server has everything, that is one batch. On a cluster it is one per slot, and a wave ends
 * before a write that has to see what an earlier one sends to another slot (J5).
 */
export class FlushPlan {
  readonly waves: Wave[] = [];
  /** Partitions it may write to. */
  readonly touched = new Set<number>();

  /** `length`: how many writes are to come. */
  constructor(
    private readonly keys: Keys,
    private readonly isCluster: boolean,
    private readonly length: number,
  ) {}

  add(write: Write, index: number): void {
    let wave = this.waves.at(-1);
    if (wave === undefined || meets(write, wave.underWay)) {
      wave = { batches: new Map(), posts: new Map(), underWay: new Map() };
      this.waves.push(wave);
    }
    const actor = write.kind === 'accept' ? write.row.actor : write.actor;
    const partition = partitionOf(actor);
    this.touched.add(partition);
    const batch = this.batchIn(wave, partition);
    batch.indexes.push(index);
    if (write.kind === 'accept') return putAccept(batch.packet, this.keys.base(partition), write.row);
    batch.actors.add(actor);
    this.addAppend(write, partition, batch.packet, wave, index);
  }

  private batchIn({ batches }: Wave, partition: number): Batch {
    const key = this.isCluster ? partition : 0;
    let batch = batches.get(key);
    if (batch === undefined) {
      const packet = Packet.of(WRITE_BYTES * (this.isCluster ? 1 : this.length));
      batches.set(key, (batch = { partition, indexes: [], packet, actors: new Set() }));
    }
    return batch;
  }

  private addAppend(write: AppendWrite, partition: number, packet: Packet, wave: Wave, index: number): void {
    const near: [string, NewInboxRow][] = [];
    const far: PackedRow[] = [];
    for (const row of write.sends) {
      const receiver = partitionOf(row.actor);
      const base = this.keys.base(receiver);
      this.touched.add(receiver);
      if (!this.isCluster || receiver === partition) near.push([base, row]);
      else far.push(packRow(base, row));
    }
    if (far.length > 0) wave.posts.set(index, { from: partition, rows: far });
    for (const [, receiver, id] of far) {
      const ids = wave.underWay.get(receiver);
      if (ids === undefined) wave.underWay.set(receiver, new Set([id]));
      else ids.add(id);
    }
    putAppend(packet, this.keys.base(partition), write, near, far.map(packPost));
  }
}

/** Does `write` have to see what is under way, or come after it in its receiver's line? */
function meets(write: Write, underWay: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  if (underWay.size === 0) return false;
  if (write.kind === 'accept') return underWay.has(write.row.actor);
  const partition = partitionOf(write.actor);
  if (write.sends.some(({ actor }) => underWay.has(actor) && partitionOf(actor) === partition)) return true;
  const ids = underWay.get(write.actor);
  return ids !== undefined && write.inbox.some((change) => ids.has(change.id) || takesPlace(change));
}

function takesPlace(change: InboxChange): boolean {
  return change.op === 'open' ? change.row !== null : change.op === 'parked' && change.fresh;
}

/** As it lies in an outbox, behind its position. */
function packPost(row: PackedRow): Buffer {
  return packBlob('', pack(row));
}
