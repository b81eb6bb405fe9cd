import type { AppendWrite, EntryRecord, InboxChange, NewInboxRow, RowStatement, Write } from '#spi';

/** A piece of {@link PackedWrites.bytes}. */
export interface Slice {
  readonly at: number;
  readonly length: number;
}

export type PackedRow = Omit<NewInboxRow, 'message'> & { readonly message: Slice };
type End = Extract<InboxChange, { readonly op: 'done' | 'parked' }>;
export type PackedChange =
  | { readonly op: 'open'; readonly id: string; readonly row: PackedRow | null }
  | Extract<InboxChange, { readonly op: 'attempt' }>
  | { readonly op: 'revive'; readonly id: string; readonly row: PackedRow }
  | (Omit<End, 'answer'> & { readonly answer: Slice });

export type PackedAppend = Omit<AppendWrite, 'entries' | 'inbox' | 'sends' | 'rows'> & {
  readonly rows: readonly RowStatement[] | undefined;
  readonly count: number;
  readonly frame: Slice;
  readonly inbox: readonly PackedChange[];
  readonly sends: readonly PackedRow[];
};
export interface PackedAccept {
  readonly kind: 'accept';
  readonly row: PackedRow;
}
export type PackedWrite = PackedAppend | PackedAccept;

const NO_ROWS: readonly PackedRow[] = [];
/** Bytes before each entry of a frame: its length (`frame.ts`). */
const LENGTH_BYTES = 4;

/**
 * The writes of a flush with a copy of all their bytes, one behind the other: the caller has its own back at once (J9),
 * and the server gets them as one value, without hex and quotes.
 */
export class PackedWrites {
  readonly bytes: Buffer;
  readonly writes: readonly PackedWrite[];
  private used = 0;

  constructor(writes: readonly Write[]) {
    this.bytes = Buffer.allocUnsafeSlow(writes.reduce((size, write) => size + sizeOf(write), 0));
    this.writes = writes.map((write) => this.pack(write));
  }

  slice({ at, length }: Slice): Buffer {
    return this.bytes.subarray(at, at + length);
  }

  private pack(write: Write): PackedWrite {
    if (write.kind === 'accept') return { kind: 'accept', row: this.row(write.row) };
    const { kind, actor, expected, epoch, writer, continues, schema, status, entries, inbox, sends, rows } = write;
    // Named one by one: copying the rest of an object costs several times as much.
    return {
      kind,
      actor,
      expected,
      epoch,
      writer,
      continues: continues === true,
      schema,
      status,
      count: entries.length,
      frame: this.frame(entries),
      inbox: inbox.map((change) => this.change(change)),
      sends: sends.length === 0 ? NO_ROWS : sends.map((row) => this.row(row)),
      rows: rows?.map(copyOf),
    };
  }

  private row(row: NewInboxRow): PackedRow {
    return { ...row, message: this.copy(row.message) };
  }

  private change(change: InboxChange): PackedChange {
    if (change.op === 'attempt') return { ...change };
    if (change.op === 'open') return { op: 'open', id: change.id, row: change.row && this.row(change.row) };
    if (change.op === 'revive') return { op: 'revive', id: change.id, row: this.row(change.row) };
    return { ...change, answer: this.copy(change.answer) };
  }

  private frame(entries: readonly EntryRecord[]): Slice {
    const at = this.used;
    for (const { bytes } of entries) {
      this.bytes.writeUInt32BE(bytes.length, this.used);
      this.used += LENGTH_BYTES;
      this.copy(bytes);
    }
    return { at, length: this.used - at };
  }

  private copy(bytes: Uint8Array): Slice {
    const at = this.used;
    this.bytes.set(bytes, at);
    this.used += bytes.length;
    return { at, length: bytes.length };
  }
}

function sizeOf(write: Write): number {
  if (write.kind === 'accept') return write.row.message.length;
  let size = 0;
  for (const { bytes } of write.entries) size += LENGTH_BYTES + bytes.length;
  for (const { message } of write.sends) size += message.length;
  for (const change of write.inbox) {
    if (change.op === 'open' || change.op === 'revive') size += change.row?.message.length ?? 0;
    else if (change.op !== 'attempt') size += change.answer.length;
  }
  return size;
}

function copyOf(statement: RowStatement): RowStatement {
  const params = statement.params.map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value));
  return { ...statement, params };
}
