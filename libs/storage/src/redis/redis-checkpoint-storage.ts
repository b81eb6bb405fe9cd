import { crc32 } from 'node:zlib';
import { type CheckpointRecord, type CheckpointStorage, CorruptRecordError, failpoint, partitionOf } from '#spi';
import type { RedisStore } from './redis-store';
import { LATEST_CHECKPOINT, SAVE_CHECKPOINT } from './scripts/checkpoint.scripts';

/** `[crc, 32][seq, 64][time, 64][bytes]` */
const HEADER = 20;

/** Checkpoints in Redis, beside the journal. */
export class RedisCheckpointStorage implements CheckpointStorage {
  readonly name = 'redis';

  constructor(private readonly store: RedisStore) {}

  async save(record: CheckpointRecord, keep: number): Promise<void> {
    this.store.check();
    const packed = pack(record);
    await this.store.run(record.actor, SAVE_CHECKPOINT, [String(record.seq), packed, String(Math.max(1, keep))]);
    failpoint('checkpoint.afterPrune');
  }

  async latest(actor: string, throughSeq = Number.MAX_SAFE_INTEGER): Promise<CheckpointRecord | null> {
    this.store.check();
    const [seq, packed] = (await this.store.run(actor, LATEST_CHECKPOINT, [String(throughSeq)])) as readonly Buffer[];
    return packed === undefined ? null : unpack(actor, Number(seq), packed);
  }

  async list(actor: string): Promise<readonly number[]> {
    this.store.check();
    const call = { tag: partitionOf(actor), command: 'hkeys', keys: [this.store.keys.checkpoints(actor)], args: [] };
    return ((await this.store.nodes.call(call)) as readonly Buffer[]).map(Number).sort((a, b) => b - a);
  }

  async purge(actor: string): Promise<void> {
    this.store.check();
    const call = { tag: partitionOf(actor), command: 'del', keys: [this.store.keys.checkpoints(actor)], args: [] };
    await this.store.nodes.call(call);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

function pack({ seq, time, bytes }: CheckpointRecord): Buffer {
  const packed = Buffer.allocUnsafe(HEADER + bytes.length);
  packed.writeDoubleBE(seq, 4);
  packed.writeDoubleBE(time, 12);
  packed.set(bytes, HEADER);
  packed.writeUInt32BE(crc32(packed.subarray(4)), 0);
  return packed;
}

function unpack(actor: string, seq: number, packed: Buffer): CheckpointRecord {
  if (packed.length < HEADER || crc32(packed.subarray(4)) !== packed.readUInt32BE(0) || packed.readDoubleBE(4) !== seq)
    throw new CorruptRecordError(actor, `The checkpoint at seq ${seq}`, 'its checksum is wrong');
  return { actor, seq, time: packed.readDoubleBE(12), bytes: new Uint8Array(packed.subarray(HEADER)) };
}
