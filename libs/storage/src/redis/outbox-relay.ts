import { CorruptRecordError, StoreFailedError, failpoint, partitionOf } from '#spi';
import type { Keys } from './keys';
import type { CallResult } from './link';
import type { Nodes, Routed } from './nodes';
import { unpackList } from './pack';
import { type PackedRow, putPackedAccept } from './pack-write';
import { Packet } from './packet';
import { unpackBlob } from './row-codec';
import { FLUSH } from './scripts/flush.script';
import { MOVED, OUTBOXES } from './scripts/read.scripts';

/** A message in an outbox. */
export interface Left {
  /** Whose outbox it lies in. */
  readonly from: number;
  readonly position: string;
  readonly row: PackedRow;
}

const PAGE = 256;
const POSITION = 14;
/** What a message comes to, about. */
const MESSAGE_BYTES = 512;

/**
 * Moves messages from the outbox of their sender's slot to the inbox of their receiver. Needed on a cluster alone: where one server
 * has all slots, the append itself writes the receiver's row.
 *
 * Invariants
 *   O1  A message leaves an outbox only after it is in its receiver's inbox, or was known there.
 *   O2  Whoever moves a message moves what lies before it for the same receiver with it, or has seen that nothing does: so
 *       messages of one sender to one receiver arrive in the order in which they were sent, whoever moves them, how often
 *       ever. A receiver that cannot be reached holds up its own messages only.
 *   O3  Rows are swept or purged only when every outbox has been emptied: an id is not forgotten while its message may come again.
 */
export class OutboxRelay {
  private readonly used = new Set<number>();

  constructor(
    private readonly nodes: Nodes,
    private readonly keys: Keys,
  ) {}

  /** Moves whatever lies in any outbox. @throws StoreFailedError when something had to stay */
  async drain(partitions: readonly number[]): Promise<void> {
    const replies = (await this.nodes.ask(OUTBOXES, [], partitions)) as readonly (readonly number[])[];
    const places =
      replies.length === 1
        ? (replies[0] as readonly number[])
        : replies.flatMap((reply, i) => (reply.length > 0 ? [i] : []));
    const results = await Promise.allSettled(places.map((place) => this.empty(partitions[place] as number)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Moves all that lies in one outbox. */
  async empty(partition: number): Promise<void> {
    const key = `${this.keys.base(partition)}o`;
    let failure: Error | undefined;
    for (let stuck = 0; ;) {
      const range = [String(stuck), String(stuck + PAGE - 1)];
      const members = (await this.nodes.call({
        tag: partition,
        command: 'zrange',
        keys: [key],
        args: range,
      })) as readonly Buffer[];
      if (members.length === 0) break;
      const { stayed, error } = await this.move(members.map((member) => unpackLeft(partition, key, member)));
      stuck += stayed;
      failure ??= error;
    }
    if (failure !== undefined) throw failure;
  }

  /** In this order, for each receiver. @returns how many had to stay, and why */
  async move(messages: readonly Left[]): Promise<{ readonly stayed: number; readonly error?: Error }> {
    const groups = [...groupBy(messages, ({ row }) => partitionOf(row[1]))];
    await this.markUsed(groups.map(([partition]) => partition));
    const results = await this.nodes.callAll(groups.map(([partition, group]) => this.delivery(partition, group)));
    failpoint('outbox.afterMove');

    const moved = groups.flatMap(([, group], i) => ('error' in (results[i] as CallResult) ? [] : group));
    await this.remove(moved);
    const stayed = messages.length - moved.length;
    const failed = results.find((result) => 'error' in result);
    if (failed === undefined || !('error' in failed)) return { stayed };
    return { stayed, error: new StoreFailedError('redis', `messages wait in an outbox: ${failed.error.message}`) };
  }

  /** Registered before the first write, so that whoever looks for due work looks there. */
  async markUsed(partitions: readonly number[]): Promise<void> {
    const fresh = partitions.filter((partition) => !this.used.has(partition));
    if (fresh.length === 0) return;
    await this.nodes.call({ tag: 'meta', command: 'sadd', keys: [this.keys.partitions], args: fresh.map(String) });
    for (const partition of fresh) this.used.add(partition);
  }

  private async remove(moved: readonly Left[]): Promise<void> {
    const calls = [...groupBy(moved, ({ from }) => from)].map(([from, messages]): Routed => {
      const keys = this.nodes.isCluster ? this.keys.ofPartition(from) : [];
      return {
        tag: from,
        script: MOVED,
        keys,
        args: [this.keys.base(from), ...messages.map(({ position }) => position)],
      };
    });
    for (const result of await this.nodes.callAll(calls)) if ('error' in result) throw result.error;
  }

  private delivery(partition: number, group: readonly Left[]): Routed {
    const keys = this.nodes.isCluster ? this.keys.ofPartition(partition) : [];
    const packet = Packet.of(MESSAGE_BYTES * group.length);
    for (const { row } of group) putPackedAccept(packet, row);
    return { tag: partition, script: FLUSH, keys, args: [packet.bytes] };
  }
}

function groupBy(messages: readonly Left[], partitionOf: (message: Left) => number): Map<number, Left[]> {
  const groups = new Map<number, Left[]>();
  for (const message of messages) {
    const partition = partitionOf(message);
    const group = groups.get(partition);
    if (group === undefined) groups.set(partition, [message]);
    else group.push(message);
  }
  return groups;
}

function unpackLeft(from: number, key: string, member: Buffer): Left {
  const blob = unpackBlob(member, POSITION);
  if (blob?.payload == null) throw new CorruptRecordError(key, 'A message in the outbox', 'its checksum is wrong');
  const [base, actor, id, attempts, due, bytes] = unpackList(blob.payload) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  return {
    from,
    position: member.toString('latin1', 0, POSITION),
    row: [String(base), String(actor), String(id), String(attempts), String(due), bytes],
  };
}
