import { CorruptRecordError } from '#spi';
import type { AppendWrite, EntryRecord, HeadRow, JournalStorage, Outcome, StorageCapabilities, Write } from '#spi';
import { areDense } from '../restore-rules';
import { whyIdRefused, whyRefused } from '../write-rules';
import { joinEntries, splitFrame } from './frame';
import {
  ACTOR_STATUSES,
  type AppendTuple,
  type HeadTuple,
  Op,
  type OutcomeTuple,
  changeTuple,
  inboxRow,
  rowTuple,
  statementTuple,
} from './protocol';
import { SqliteFile, type SqliteOptions } from './sqlite-file';
import type { PageTuple } from './sqlite-reader';

const NO_HEAD: HeadRow = Object.freeze({ seq: 0, epoch: 0, writer: '', schema: 0, status: 'absent' });

/** Journals in one SQLite file of this process, written by a thread of their own. */
export class SqliteJournalStorage implements JournalStorage {
  readonly name = 'sqlite';
  readonly capabilities: StorageCapabilities;

  constructor(private readonly file: SqliteFile) {
    // What is in memory belongs to one connection, so no DataSource of the user's could see it.
    this.capabilities = {
      persistent: file.isPersistent,
      shared: false,
      rows: file.isPersistent,
      callerTransactions: file.isPersistent,
    };
  }

  /** Just the journal; `SqliteStorage.open` gives inbox and checkpoints with it. Also for ':memory:'. */
  static async open(path: string, options?: SqliteOptions): Promise<SqliteJournalStorage> {
    return new SqliteJournalStorage(await SqliteFile.open(path, options));
  }

  async flush(writes: readonly Write[]): Promise<readonly Outcome[]> {
    this.file.check();
    const refusals = writes.map((write) => whyRefused(write, this.capabilities.rows));
    const sent = writes.filter((_, i) => refusals[i] === null).map(writeTuple);
    // Packed before the first await: the caller may reuse its buffers (J9).
    const tuples = sent.length === 0 ? [] : await this.file.write<readonly OutcomeTuple[]>([Op.Flush, sent]);
    let next = 0;
    return writes.map((write, i): Outcome => {
      const reason = refusals[i];
      return typeof reason === 'string' ? { kind: 'failed', reason } : outcome(write, tuples[next++] ?? null);
    });
  }

  async head(actor: string): Promise<HeadRow> {
    const tuple = await this.file.read<HeadTuple | null>([Op.Head, actor]);
    if (tuple === null) return NO_HEAD;
    const [seq, epoch, writer, schema, status] = tuple;
    return { seq, epoch, writer, schema, status: ACTOR_STATUSES[status] ?? 'absent' };
  }

  async *read(
    actor: string,
    afterSeq: number,
    throughSeq = Number.MAX_SAFE_INTEGER,
  ): AsyncGenerator<readonly EntryRecord[]> {
    let next: Promise<PageTuple> | null = this.page(actor, afterSeq, throughSeq);
    for (let after = afterSeq; next !== null;) {
      const [frames, isLast]: PageTuple = await next;
      const entries: EntryRecord[] = [];
      for (const [firstSeq, count, frame] of frames) {
        const damage = splitFrame(frame, firstSeq, count, { afterSeq: after, throughSeq }, entries);
        if (damage !== null) throw new CorruptRecordError(actor, `The journal frame at seq ${firstSeq}`, damage);
      }
      after = entries.at(-1)?.seq ?? after;
      next = isLast ? null : this.page(actor, after, throughSeq); // fetched while the caller looks at this one
      if (entries.length > 0) yield entries;
    }
  }

  async truncate(actor: string, throughSeq: number): Promise<void> {
    await this.file.write([Op.Truncate, actor, throughSeq]);
  }

  async purge(actors: readonly string[]): Promise<readonly boolean[]> {
    return this.file.write([Op.Purge, actors]);
  }

  async restore(actor: string, entries: readonly EntryRecord[], head: HeadRow | null): Promise<boolean> {
    this.file.check();
    if (whyIdRefused(actor) !== null || !areDense(entries)) return false;
    const first = entries[0]?.seq ?? 0;
    const frame = entries.length === 0 ? null : joinEntries(entries);
    const { seq, epoch, writer, schema, status } = head ?? NO_HEAD;
    const tuple: HeadTuple = [seq, epoch, writer, schema, ACTOR_STATUSES.indexOf(status)];
    return this.file.write([Op.Restore, actor, first, entries.length, frame, head === null ? null : tuple]);
  }

  actors(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.file.read([Op.Actors, prefix, after, limit]);
  }

  get isOpen(): boolean {
    return this.file.isOpen;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private page(actor: string, afterSeq: number, throughSeq: number): Promise<PageTuple> {
    const page = this.file.read<PageTuple>([Op.Read, actor, afterSeq, throughSeq]);
    page.catch(() => undefined); // the caller may have left the loop, and never ask
    return page;
  }
}

function writeTuple(write: Write): AppendTuple | ReturnType<typeof rowTuple> {
  return write.kind === 'accept' ? rowTuple(write.row) : appendTuple(write);
}

function appendTuple(write: AppendWrite): AppendTuple {
  const { actor, expected, epoch, writer, schema, status, entries, inbox, sends, rows } = write;
  const frame = entries.length === 0 ? null : joinEntries(entries);
  return [
    actor,
    expected.seq,
    expected.epoch,
    epoch,
    writer,
    write.continues === true ? 1 : 0,
    schema,
    ACTOR_STATUSES.indexOf(status),
    entries.length,
    frame,
    inbox.map(changeTuple),
    sends.map(rowTuple),
    ...(rows === undefined ? ([] as const) : ([rows.map(statementTuple)] as const)),
  ];
}

function outcome(write: Write, tuple: OutcomeTuple): Outcome {
  if (tuple === null) {
    if (write.kind === 'accept') return { kind: 'accepted' };
    return {
      kind: 'committed',
      head: { seq: write.expected.seq + write.entries.length, epoch: write.epoch },
    };
  }
  switch (tuple[0]) {
    case 'duplicate':
      return {
        kind: 'duplicate',
        row: inboxRow(write.kind === 'accept' ? write.row.actor : write.actor, tuple[1]),
      };
    case 'conflict':
      return { kind: 'conflict', actual: { seq: tuple[1], epoch: tuple[2] } };
    case 'rejected': {
      const [statement, violation, touched, reason] = tuple[1];
      return { kind: 'rejected', refusal: { statement, violation, touched, reason } };
    }
    case 'failed':
      return { kind: 'failed', reason: tuple[1] };
  }
}
