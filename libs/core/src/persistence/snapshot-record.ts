import { decodeCheckpoint, encodeCheckpoint, type PayloadCodec, type StateImage } from '#journal';
import { CorruptRecordError, SchemaTooNewError } from '#spi';
import type { ActorDefinition } from '../actor/actor-definition';
import { SNAPSHOT_SLOT } from '../runtime/live-state';

/** A snapshot is a checkpoint without a journal behind it. */
const NO_JOURNAL = { seq: 0, activation: null } as const;

/** Serialises before it first awaits, so that `image` may change right after the call. */
export async function encodeSnapshot(
  actor: string,
  schema: number,
  time: number,
  image: StateImage,
  codec: PayloadCodec,
): Promise<Uint8Array> {
  // Whether stored bytes are compressed is the storage's business: it sees all of them, this only one at a time.
  return (await encodeCheckpoint({ ...NO_JOURNAL, actor, time, schema, image }, 'none', codec)).bytes;
}

/** @throws CorruptRecordError; SchemaTooNewError when a newer version of the class, or of this package, wrote it */
export async function decodeSnapshot(
  actor: string,
  { schema, state, className }: Pick<ActorDefinition, 'schema' | 'state' | 'className'>,
  bytes: Uint8Array,
): Promise<StateImage> {
  const found = await decodeCheckpoint({ actor, seq: NO_JOURNAL.seq, time: 0, bytes }).catch((error: unknown) => {
    throw error instanceof CorruptRecordError ? corrupt(actor, error.reason, error) : error;
  });
  if (found.schema > schema) throw new SchemaTooNewError(`The snapshot of ${actor}`, found.schema, schema);
  const isCustom = found.image.has(SNAPSHOT_SLOT);
  if (isCustom && !state.custom) throw corrupt(actor, `toSnapshot() made it, which ${className} no longer has`);
  if (state.custom && !isCustom)
    throw corrupt(actor, `it holds @State() fields, and ${className} has toSnapshot() by now`);
  return found.image;
}

function corrupt(actor: string, reason: string, cause?: unknown): CorruptRecordError {
  return new CorruptRecordError(actor, 'The snapshot', reason, cause === undefined ? undefined : { cause });
}
