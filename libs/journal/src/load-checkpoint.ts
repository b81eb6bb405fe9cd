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
  let given = newest;
  for (let through = throughSeq; ;) {
    let record: CheckpointRecord | null | undefined;
    try {
      record = given === undefined ? await checkpoints.latest(actor, through) : given;
      if (record === null) break;
      if (record.seq > headSeq) throw new CheckpointAheadError(actor, record.seq, headSeq);
      return await decodeCheckpoint(record);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      unreadable = error;
      warn?.(error);
    }
    given = undefined;
    // A store with checksums of its own does not hand a damaged record out: its list tells which one that was.
    const seq = record?.seq ?? (await newestSeq(checkpoints, actor, through));
    if (seq === undefined || (through !== undefined && seq > through)) break;
    through = seq - 1;
  }
  if (unreadable === undefined || headSeq === 0) return null;
  for await (const page of journal.read(actor, 0, 1)) if (page[0]?.seq === 1) return null;
  throw unreadable;
}

async function newestSeq(
  checkpoints: CheckpointStorage,
  actor: string,
  through = Infinity,
): Promise<number | undefined> {
  return (await checkpoints.list(actor)).find((seq) => seq <= through);
}
