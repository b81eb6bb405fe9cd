import { type AppendWrite, type InboxChange, type NewInboxRow, type Write, partitionOf } from '#spi';
import { packEntry } from './entry-codec';
import { packHead } from './head-codec';
import type { Keys } from './keys';
import { type Packable, pack } from './pack';
import { packBlob } from './row-codec';

/** A row as scripts take it. */
export type PackedRow = readonly [base: string, actor: string, id: string, attempts: string, due: string, blob: Buffer];

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
  readonly packed: Packable[];
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

  constructor(
    private readonly keys: Keys,
    private readonly isCluster: boolean,
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
    if (write.kind === 'accept') batch.packed.push([0, packRow(this.keys, write.row)]);
    else batch.packed.push(this.packAppend(write, partition, wave, index));
    if (write.kind === 'append') batch.actors.add(actor);
  }

  private batchIn({ batches }: Wave, partition: number): Batch {
    const key = this.isCluster ? partition : 0;
    let batch = batches.get(key);
    if (batch === undefined) batches.set(key, (batch = { partition, indexes: [], packed: [], actors: new Set() }));
    return batch;
  }

  private packAppend(write: AppendWrite, partition: number, wave: Wave, index: number): Packable[] {
    const { actor, expected, epoch, writer, schema, status, entries, inbox, sends } = write;
    const head = packHead(actor, { seq: expected.seq + entries.length, epoch, writer, schema, status });
    for (const row of sends) this.touched.add(partitionOf(row.actor));
    const isNear = (row: NewInboxRow): boolean => !this.isCluster || partitionOf(row.actor) === partition;
    const far = sends.filter((row) => !isNear(row)).map((row) => packRow(this.keys, row));
    if (far.length > 0) wave.posts.set(index, { from: partition, rows: far });
    for (const [, receiver, id] of far) {
      const ids = wave.underWay.get(receiver);
      if (ids === undefined) wave.underWay.set(receiver, new Set([id]));
      else ids.add(id);
    }
    return [
      1,
      this.keys.base(partition),
      actor,
      String(expected.seq),
      String(expected.epoch),
      writer,
      write.continues === true,
      head,
      status !== 'absent',
      entries.map(packEntry),
      inbox.map((change) => packChange(this.keys, change)),
      sends.filter(isNear).map((row) => packRow(this.keys, row)),
      far.map(packPost),
    ];
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

function packRow(keys: Keys, { actor, id, argsHash, message, attempts, dueAt }: NewInboxRow): PackedRow {
  return [keys.baseOf(actor), actor, id, String(attempts), String(dueAt), packBlob(argsHash, message)];
}

function packChange(keys: Keys, change: InboxChange): Packable[] {
  if (change.op === 'open') return ['o', change.id, change.row === null ? false : packRow(keys, change.row)];
  if (change.op === 'attempt') return ['a', change.id, String(change.attempts), String(change.dueAt)];
  const { id, argsHash, answer, expiresAt, fresh } = change;
  return [
    change.op === 'done' ? '2' : '3',
    id,
    packBlob(argsHash, answer),
    expiresAt === null ? '-' : String(expiresAt),
    fresh,
  ];
}

/** As it lies in an outbox, behind its position. */
function packPost(row: PackedRow): Buffer {
  return packBlob('', pack(row));
}
