import { CorruptRecordError, type JournalStorage, type Storage } from '#spi';
import { type Checkpoint, decodeCheckpoint } from '../checkpoint';

type Store = Pick<Storage, 'journal' | 'checkpoints'>;

/** Number of the first entry that is kept; `null` when there is none. */
export async function firstKeptSeq(journal: JournalStorage, actor: string): Promise<number | null> {
  for await (const page of journal.read(actor, 0)) return page[0]?.seq ?? null;
  return null;
}

/** Readable checkpoints of an actor that its journal reaches, oldest first, one at a time. */
export async function* readableCheckpoints(
  { checkpoints }: Pick<Store, 'checkpoints'>,
  actor: string,
  headSeq: number,
): AsyncGenerator<Checkpoint> {
  for (const seq of [...(await checkpoints.list(actor))].reverse()) {
    if (seq > headSeq) return;
    try {
      const record = await checkpoints.latest(actor, seq);
      if (record?.seq === seq) yield await decodeCheckpoint(record); // else it was pruned meanwhile
    } catch (error) {
      if (!(error instanceof CorruptRecordError)) throw error; // passed over, as recovery does
    }
  }
}

/**
 * The last entry that may go: what the oldest readable checkpoint covers, and only where another readable one is kept, so that
 * recovery has somewhere to begin when either rots (F17). 0: none may.
 */
export async function lastExpendableSeq(store: Store, actor: string): Promise<number> {
  const { seq: headSeq } = await store.journal.head(actor);
  let oldest = 0;
  for await (const { seq } of readableCheckpoints(store, actor, headSeq)) {
    if (oldest > 0) return oldest;
    oldest = seq;
  }
  return 0;
}
