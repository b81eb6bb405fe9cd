import { type EntryRecord, type Storage, failpoint } from '#spi';
import { ArchiveConflictError } from '../errors';
import type { ActorPart, ArchivePart } from './archive-format';
import type { ActorImport } from './import-actors';

/** Entries below those an actor has, the last block first, so that after each step its journal is without a gap. */
export class ImportRange implements ActorImport {
  private first: number;
  private hasWritten = false;

  constructor(
    private readonly store: Pick<Storage, 'journal'>,
    private readonly of: ActorPart,
    firstKept: number | null,
    headSeq: number,
  ) {
    this.first = firstKept ?? headSeq + 1;
  }

  async take(part: ArchivePart): Promise<void> {
    if (part.kind !== 'entries') return;
    const there = part.entries.filter(({ seq }) => seq >= this.first);
    if (there.length > 0) await this.compare(there);
    const below = part.entries.filter(({ seq }) => seq < this.first);
    if (below.length === 0) return;
    if (!(await this.store.journal.restore(this.of.actor, below, null)))
      throw new ArchiveConflictError(
        this.of.actor,
        `has changed: entry ${below.at(-1)?.seq} does not join what it keeps`,
      );
    this.first = (below[0] as EntryRecord).seq;
    this.hasWritten = true;
    failpoint('import.afterEntries');
  }

  finish(): Promise<boolean> {
    return Promise.resolve(this.hasWritten);
  }

  /** What is there already must be the same: else it is the archive of another actor of that name. */
  private async compare(entries: readonly EntryRecord[]): Promise<void> {
    const [first, last] = [entries[0] as EntryRecord, entries.at(-1) as EntryRecord];
    for await (const page of this.store.journal.read(this.of.actor, first.seq - 1, last.seq))
      for (const { seq, bytes } of page)
        if (Buffer.compare(bytes, (entries[seq - first.seq] as EntryRecord).bytes) !== 0)
          throw new ArchiveConflictError(this.of.actor, `has another entry ${seq}`);
  }
}
