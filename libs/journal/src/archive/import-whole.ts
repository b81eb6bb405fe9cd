import {
  type AppendWrite,
  type EntryRecord,
  type HeadRow,
  type InboxChange,
  type InboxRow,
  type Storage,
  type Write,
  failpoint,
} from '#spi';
import { ArchiveConflictError } from '../errors';
import type { ActorPart, ArchivePart } from './archive-format';
import type { ActorImport } from './import-actors';
import { importerOf, isUnfinished } from './importer';

/** More than any actor keeps: nothing is pruned. */
const ALL = 1_000_000;

/**
 * A whole actor, where there is none. Until its last step it is `absent`, and only this import can write to it: everything
 * that moves its head compares the head first (J2).
 */
export class ImportWhole implements ActorImport {
  private at: HeadRow;
  private readonly isThere: boolean;

  constructor(
    private readonly store: Storage,
    private readonly of: ActorPart,
    found: HeadRow,
  ) {
    this.at = found;
    this.isThere = found.epoch > 0 && !isUnfinished(of.head, found);
  }

  async take(part: ArchivePart): Promise<void> {
    if (this.isThere) return;
    if (part.kind === 'entries') return this.entries(part.entries);
    await this.beginEmpty();
    const { actor } = this.of;
    if (part.kind === 'checkpoint') {
      await this.store.checkpoints.save({ actor, seq: part.seq, time: part.time, bytes: part.bytes }, ALL);
      failpoint('import.afterCheckpoint');
    }
    if (part.kind !== 'rows') return;
    for (const row of part.rows) {
      await this.row(row);
      failpoint('import.afterRow');
    }
  }

  async finish(): Promise<boolean> {
    if (this.isThere) return false;
    await this.beginEmpty();
    const { head } = this.of;
    if (this.at.seq !== head.seq) throw this.conflict(`ends at entry ${this.at.seq} of ${head.seq}`);
    await this.append([], [], { writer: head.writer, status: head.status });
    failpoint('import.afterEnd');
    return true;
  }

  private async entries(all: readonly EntryRecord[]): Promise<void> {
    const entries = all.filter(({ seq }) => seq > this.at.seq || this.at.epoch === 0);
    const last = entries.at(-1);
    if (last === undefined) return;
    if (this.at.epoch === 0) return this.restore(entries, last.seq);
    await this.append(entries, [], {});
    failpoint('import.afterEntries');
  }

  /** A purged actor has no entries. */
  private async beginEmpty(): Promise<void> {
    if (this.at.epoch === 0) await this.restore([], this.of.head.seq);
  }

  private async restore(entries: readonly EntryRecord[], seq: number): Promise<void> {
    const { actor, head } = this.of;
    const next: HeadRow = { ...head, seq, writer: importerOf(head), status: 'absent' };
    if (!(await this.store.journal.restore(actor, entries, next))) throw this.conflict('has appeared meanwhile');
    this.at = next;
    failpoint('import.afterEntries');
  }

  /** Each step looks first: an earlier try may have come as far. */
  private async row(row: InboxRow): Promise<void> {
    const { actor, id, argsHash, message, attempts } = row;
    let found = await this.store.inbox.find(actor, id);
    if (found === null && message !== null) {
      const dueAt = row.dueAt ?? 0;
      await this.write({ kind: 'accept', row: { actor, id, argsHash, message, attempts, dueAt } });
      found = { ...row, state: 'queued' };
    }
    if (found?.state === row.state || row.state === 'queued') return;
    if (row.state === 'open') return this.append([], [{ op: 'open', id, row: null }], {});
    const { answer, expiresAt, state } = row;
    const end: InboxChange = {
      op: state,
      id,
      argsHash,
      answer: answer ?? new Uint8Array(),
      expiresAt,
      fresh: found === null,
    };
    await this.append([], [end], {});
  }

  private async append(
    entries: readonly EntryRecord[],
    inbox: readonly InboxChange[],
    as: Partial<Pick<AppendWrite, 'writer' | 'status'>>,
  ): Promise<void> {
    const { seq, epoch, writer, schema, status } = this.at;
    const expected = { seq, epoch };
    const { actor } = this.of;
    const write = {
      kind: 'append',
      actor,
      expected,
      epoch,
      writer,
      schema,
      status,
      entries,
      inbox,
      sends: [],
      ...as,
    } as const;
    await this.write(write);
    this.at = { ...this.at, seq: seq + entries.length };
  }

  private async write(write: Write): Promise<void> {
    const [outcome] = await this.store.journal.flush([write]);
    if (outcome?.kind === 'committed' || outcome?.kind === 'accepted') return;
    throw this.conflict(
      outcome?.kind === 'failed' ? `was refused by the store: ${outcome.reason}` : 'has changed meanwhile',
    );
  }

  private conflict(reason: string): ArchiveConflictError {
    return new ArchiveConflictError(this.of.actor, reason);
  }
}
