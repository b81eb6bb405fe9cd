import { type CheckpointRecord, CorruptRecordError, SchemaTooNewError, compress, decompress } from '#spi';
import { packCheckpointJson, unpackCheckpointJson } from './checkpoint-json';
import { checksum } from './codec/checksum';
import type { PayloadCodec } from './codec/json-codec';
import { asBuffer, packExact } from './codec/payload-codec';
import { refuseSealed } from './encryption/sealed-record';
import { bodyOf, fieldsOf } from './entries/entry-body';
import type { ActivationStarted } from './entries/journal-entry';
import { rawCodec } from './entries/raw-codec';
import { StateImage } from './state/state-image';

/** How checkpoints are stored; may change from one to the next. @publicApi */
export type Compression = 'none' | 'zstd';

/** The state of an actor at a turn boundary, and what recovery needs to go on from there. @publicApi */
export interface Checkpoint {
  /** Encoded actor id. */
  readonly actor: string;
  /** Last journal entry it covers: the end of a turn. */
  readonly seq: number;
  /** When it was taken, wall clock. Informational. */
  readonly time: number;
  /** Schema version of the state. */
  readonly schema: number;
  readonly image: StateImage;
  /** The activation that wrote the entry at `seq`; entries before a checkpoint may be gone. */
  readonly activation: ActivationStarted | null;
}

/** The reference's name for the same thing. @publicApi */
export type Snapshot = Checkpoint;

/**
 * "PXC" [u8 version][u8 compression][3 bytes zero][u32 checksum][u32 size of the body unpacked][body, packed or not]
 * The first twelve bytes mean the same in every version.
 */
const MAGIC = Buffer.from('PXC');
/** Of the body: a MessagePack array, or a JSON object. */
const MSGPACK = 1;
const JSON_TEXT = 2;
const NEWEST = JSON_TEXT;
const HEADER = 16;
const COMPRESSIONS: readonly Compression[] = ['none', 'zstd'];
/** No state comes near; a damaged size must not take the memory. */
const MAX_BODY = 1_073_741_824;

/** Serialises before it first awaits, so that `image` may change right after the call. */
export async function encodeCheckpoint(
  checkpoint: Checkpoint,
  compression: Compression,
  codec: PayloadCodec = 'msgpack',
): Promise<CheckpointRecord> {
  const { actor, seq, time } = checkpoint;
  const body = codec === 'json' ? packCheckpointJson(checkpoint) : pack(checkpoint);
  const packed = compression === 'zstd' ? await compress(body) : body;

  const bytes = Buffer.allocUnsafeSlow(HEADER + packed.length);
  bytes.fill(0, 0, HEADER);
  bytes.set(MAGIC);
  bytes[3] = codec === 'json' ? JSON_TEXT : MSGPACK;
  bytes[4] = COMPRESSIONS.indexOf(compression);
  bytes.writeUInt32LE(body.length, 12);
  bytes.set(packed, HEADER);
  bytes.writeUInt32LE(sumOf(bytes, actor, seq), 8);
  return { actor, seq, time, bytes };
}

/** @throws CorruptRecordError, or SchemaTooNewError when a newer version of this package wrote it. */
export async function decodeCheckpoint(record: CheckpointRecord): Promise<Checkpoint> {
  const bytes = asBuffer(record.bytes);
  const { actor, seq } = record;
  if (bytes.length <= HEADER || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    refuseSealed({ what: 'Checkpoint', actor, at: seq }, bytes);
    throw corrupt(record, 'it is no checkpoint');
  }
  if (bytes.readUInt32LE(8) !== sumOf(bytes, actor, seq)) {
    throw corrupt(record, 'its checksum does not match its bytes and its place');
  }
  const version = bytes[3] as number;
  if (version > NEWEST) throw new SchemaTooNewError(`Checkpoint ${seq} of ${actor}`, version, NEWEST);
  if (bytes[5] !== 0 || bytes[6] !== 0 || bytes[7] !== 0) throw corrupt(record, 'bytes that are free are in use');
  try {
    const compression = COMPRESSIONS[bytes[4] as number];
    const size = bytes.readUInt32LE(12);
    if (compression === undefined || size > MAX_BODY) throw new Error(`compression ${bytes[4]}, ${size} bytes`);
    const packed = bytes.subarray(HEADER);
    const body = compression === 'zstd' ? await decompress(packed, size) : packed;
    return belongsTo(record, version === JSON_TEXT ? unpackCheckpointJson(body) : unpack(body));
  } catch (error) {
    throw corrupt(record, error instanceof Error ? error.message : String(error), error);
  }
}

type Body = [string, number, number, number, readonly unknown[] | null, Uint8Array];

function pack({ actor, seq, time, schema, image, activation }: Checkpoint): Uint8Array {
  const started = activation === null ? null : fieldsOf(activation);
  return packExact(rawCodec, [actor, seq, time, schema, started, image.encode()]);
}

function unpack(body: Uint8Array): Checkpoint {
  const [actor, seq, time, schema, started, image] = rawCodec.unpack(asBuffer(body)) as Body;
  const activation = started === null ? null : (bodyOf('ActivationStarted', started) as ActivationStarted);
  return { actor, seq, time, schema, image: StateImage.decode(image), activation };
}

function belongsTo(record: CheckpointRecord, checkpoint: Checkpoint): Checkpoint {
  const { actor, seq } = checkpoint;
  if (actor !== record.actor || seq !== record.seq) throw new Error(`it is checkpoint ${seq} of ${actor}`);
  return checkpoint;
}

function sumOf(bytes: Buffer, actor: string, seq: number): number {
  const mark = (bytes[3] as number) * 0x100 + (bytes[4] as number);
  return checksum(bytes.subarray(12), actor, seq, mark);
}

function corrupt({ actor, seq }: CheckpointRecord, reason: string, cause?: unknown): CorruptRecordError {
  return new CorruptRecordError(actor, `Checkpoint ${seq}`, reason, cause === undefined ? undefined : { cause });
}
