import { type CheckpointRecord, type CheckpointStorage, CorruptRecordError, type Storage } from '#spi';
import { type Checkpoint, decodeCheckpoint } from './checkpoint';
import { CheckpointAheadError } from './errors';

/** What {@link loadCheckpoint} may be told beside the actor. */
export interface LoadOptions {
  /** Only checkpoints that cover at most this entry. */
  readonly throughSeq?: number | undefined;
  /** Hears about each checkpoint that was passed over because it is unreadable. */
  readonly warn?: ((error: CorruptRecordError) => void) | undefined;
  /** The newest record, where the caller has asked for it already. */
  readonly newest?: CheckpointRecord | null | undefined;
}

/**
 * The newest valid checkpoint. An unreadable one is passed over, never taken for absent (P11): `null` means that there
 * is none, or none readable while the journal still begins at entry 1, so that nothing is lost without them.
 * @throws CheckpointAheadError; CorruptRecordError when nothing readable is left to begin from
 */
export async function loadCheckpoint(
  { checkpoints, journal }: Pick<Storage, 'checkpoints' | 'journal'>,
  actor: string,
  headSeq: number,
  { throughSeq, warn, newest }: LoadOptions = {},
): Promise<Checkpoint | null> {
  let unreadable: CorruptRecordError | undefined;
  const passOver = (error: CorruptRecordError): void => {
    unreadable = error;
    warn?.(error);
  };
  for await (const found of checkpointsDown(checkpoints, actor, throughSeq, newest)) {
    if (found instanceof CorruptRecordError) {
      passOver(found);
      continue;
    }
    if (found.seq > headSeq) throw new CheckpointAheadError(actor, found.seq, headSeq);
    try {
      return await decodeCheckpoint(found);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      passOver(error);
    }
  }
  if (unreadable === undefined || headSeq === 0) return null;
  for await (const page of journal.read(actor, 0, 1)) if (page[0]?.seq === 1) return null;
  throw unreadable;
}

/** From the newest down. In the place of one that the store will not hand out, since its own checksums say no: why. */
export async function* checkpointsDown(
  checkpoints: CheckpointStorage,
  actor: string,
  throughSeq?: number,
  newest?: CheckpointRecord | null,
): AsyncGenerator<CheckpointRecord | CorruptRecordError> {
  let given = newest;
  for (let through = throughSeq; ;) {
    const found = given === undefined ? await latestOrWhyNot(checkpoints, actor, through) : given;
    if (found === null) return;
    given = undefined;
    yield found;
    // The list still tells which one was refused.
    const seq = found instanceof CorruptRecordError ? await newestSeq(checkpoints, actor, through) : found.seq;
    if (seq === undefined || (through !== undefined && seq > through)) return;
    through = seq - 1;
  }
}

async function latestOrWhyNot(
  checkpoints: CheckpointStorage,
  actor: string,
  through: number | undefined,
): Promise<CheckpointRecord | CorruptRecordError | null> {
  try {
    return await checkpoints.latest(actor, through);
  } catch (error) {
    if (error instanceof CorruptRecordError) return error;
    throw error;
  }
}

async function newestSeq(
  checkpoints: CheckpointStorage,
  actor: string,
  through = Infinity,
): Promise<number | undefined> {
  return (await checkpoints.list(actor)).find((seq) => seq <= through);
}
