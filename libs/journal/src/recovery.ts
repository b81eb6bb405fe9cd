import { CorruptRecordError, type HeadRow, SchemaTooNewError, type Storage, failpoint } from '#spi';
import { isBeingImported } from './archive/importer';
import type { Checkpoint } from './checkpoint';
import type { ActivationStarted } from './entries/journal-entry';
import { CheckpointAheadError, ImportUnfinishedError } from './errors';
import { JournalFold, type OpenTurn } from './fold';
import { loadCheckpoint } from './load-checkpoint';
import { firstKeptSeq } from './retention/kept-history';
import { StateImage } from './state/state-image';

export interface RecoverOptions {
  /** Newest schema version of the state that this code understands; a newer one is refused. Default: any. */
  readonly supportedSchema?: number;
  /** Hears about each unreadable checkpoint that was passed over. */
  readonly warn?: (error: CorruptRecordError) => void;
}

/** An actor as its journal leaves it (P8). */
export interface Recovered {
  readonly head: HeadRow;
  /** State at the end of the last completed turn. */
  readonly image: StateImage;
  /** Schema version that `image` has: that of the activation that last changed it. */
  readonly schema: number;
  /** Entry that the checkpoint used covers; 0 without one. */
  readonly checkpointSeq: number;
  readonly turnsSinceCheckpoint: number;
  readonly lastActivation: ActivationStarted | null;
  /** The message to run again on its records, if one was under way. */
  readonly openTurn: OpenTurn | null;
  /** Last entry at which no turn was open: what `image` stands at. */
  readonly boundarySeq: number;
  readonly entriesRead: number;
}

/**
 * Rebuilds an actor: latest valid checkpoint, then the entries after it, page by page. Writes nothing. An actor nobody
 * wrote to recovers to nothing.
 * @throws CorruptRecordError, CheckpointAheadError, ImportUnfinishedError, SchemaTooNewError, or what the store rejects with
 */
export async function recover(
  storage: Pick<Storage, 'journal' | 'checkpoints'>,
  actor: string,
  options: RecoverOptions = {},
): Promise<Recovered> {
  for (let seen: number | undefined; ;) {
    try {
      return await recoverOnce(storage, actor, options);
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error;
      // A former activation may have saved a checkpoint meanwhile, and an older one be gone: only what stays so is damage.
      const [newest] = await storage.checkpoints.list(actor);
      if (newest === seen) throw error;
      seen = newest;
    }
  }
}

async function recoverOnce(
  storage: Pick<Storage, 'journal' | 'checkpoints'>,
  actor: string,
  options: RecoverOptions,
): Promise<Recovered> {
  const [head, checkpoint] = await locate(storage, actor, options);
  const { supportedSchema } = options;
  if (supportedSchema !== undefined && head.schema > supportedSchema) {
    throw new SchemaTooNewError(`The state of ${actor}`, head.schema, supportedSchema);
  }
  failpoint('activation.afterCheckpointLoad');

  const isGone = head.status === 'terminated' && (await isPurged(storage, actor, head.seq, checkpoint));
  const fold = startFold(actor, isGone ? purgedAt(actor, head) : checkpoint, head.schema);
  await foldThrough(storage, actor, fold, head.seq);
  failpoint('activation.afterRecovery');
  return {
    head,
    image: fold.image,
    schema: fold.schema,
    checkpointSeq: checkpoint?.seq ?? 0,
    turnsSinceCheckpoint: fold.turns,
    lastActivation: fold.activation,
    openTurn: fold.openTurn(),
    boundarySeq: fold.boundary,
    entriesRead: isGone ? 0 : fold.seq - (checkpoint?.seq ?? 0),
  };
}

/** Of a purged actor only its head row is left, and what was sent to it since. */
async function isPurged(
  { journal }: Pick<Storage, 'journal'>,
  actor: string,
  headSeq: number,
  checkpoint: Checkpoint | null,
): Promise<boolean> {
  const first = (await firstKeptSeq(journal, actor)) ?? headSeq + 1;
  return first > (checkpoint?.seq ?? 0) + 1;
}

function purgedAt(actor: string, { seq, schema }: HeadRow): Checkpoint {
  return { actor, seq, time: 0, schema, image: new StateImage(), activation: null };
}

/** Begins at `checkpoint`, or at nothing. */
export function startFold(actor: string, checkpoint: Checkpoint | null, schema: number): JournalFold {
  return new JournalFold(actor, checkpoint ?? { seq: 0, image: new StateImage(), activation: null, schema });
}

/** Folds what follows, through entry `throughSeq`, which must be there. */
export async function foldThrough(
  { journal }: Pick<Storage, 'journal'>,
  actor: string,
  fold: JournalFold,
  throughSeq: number,
): Promise<void> {
  if (fold.seq >= throughSeq) return;
  for await (const page of journal.read(actor, fold.seq, throughSeq)) {
    for (const record of page) fold.step(record);
    failpoint('activation.midRecovery');
  }
  if (fold.seq === throughSeq) return;
  throw new CorruptRecordError(
    actor,
    `Entry ${fold.seq + 1}`,
    `it is missing, while the journal ends at ${throughSeq}`,
  );
}

async function locate(
  storage: Pick<Storage, 'journal' | 'checkpoints'>,
  actor: string,
  { warn }: RecoverOptions,
): Promise<[HeadRow, Checkpoint | null]> {
  const asked = storage.checkpoints.latest(actor); // both questions in one tick: one round trip
  asked.catch(() => undefined); // reported below, unless the head fails first
  const head = await storage.journal.head(actor);
  failpoint('activation.afterHead');
  if (isBeingImported(head)) throw new ImportUnfinishedError(actor);
  try {
    const newest = await asked.catch((error: unknown) => {
      if (error instanceof CorruptRecordError) return undefined; // it is asked for again, and passed over there
      throw error;
    });
    return [head, await loadCheckpoint(storage, actor, head.seq, { warn, newest })];
  } catch (error) {
    if (!(error instanceof CheckpointAheadError)) throw error;
    // A former activation may have moved on and saved a checkpoint between the two answers.
    const again = await storage.journal.head(actor);
    if (again.seq === head.seq) throw error;
    return [again, await loadCheckpoint(storage, actor, again.seq, { warn })];
  }
}
