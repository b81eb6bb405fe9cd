import type { EntryRecord, JournalStorage } from '#spi';
import { MemoryJournalStorage, type MemoryTables } from '#storage/memory';

/** Entries that truncations took away, for those who judge a run by its whole history. The nodes do not see them. */
export class ForgottenEntries {
  private readonly byActor = new Map<string, EntryRecord[]>();

  constructor(private readonly tables: MemoryTables) {}

  /** Before they go. */
  keep(actor: string, throughSeq: number): void {
    const going = (this.tables.actors.get(actor)?.entries ?? []).filter(({ seq }) => seq <= throughSeq);
    this.byActor.set(actor, [...(this.byActor.get(actor) ?? []), ...going]);
  }

  /** The journal as if nothing had ever been truncated. */
  wholeJournal(): JournalStorage {
    const { tables, byActor } = this;
    return new (class extends MemoryJournalStorage {
      override async *read(actor: string, afterSeq: number, throughSeq = Infinity) {
        const gone = byActor.get(actor)?.filter(({ seq }) => seq > afterSeq && seq <= throughSeq) ?? [];
        if (gone.length > 0) yield gone;
        yield* super.read(actor, afterSeq, throughSeq);
      }
    })(tables);
  }
}
