import { Packr } from 'msgpackr';
import type { InboxChange, InboxRow, InboxState, NewInboxRow, RowStatement, RowValue, RowViolation } from '#spi';

/**
 * What the store and its worker thread say to each other. A message is the requests of one tick, its reply their
 * results in the same order: arrays of plain values, packed into one buffer that changes hands without being copied.
 */
export const Op = {
  Lock: 0,
  Open: 1,
  Close: 2,
  Flush: 3,
  Head: 4,
  Read: 5,
  Truncate: 6,
  Actors: 7,
  Find: 8,
  Pending: 9,
  Parked: 10,
  Due: 11,
  NextDue: 12,
  Sweep: 13,
  SaveCheckpoint: 14,
  LatestCheckpoint: 15,
  ListCheckpoints: 16,
  Purge: 17,
  Restore: 18,
  Done: 19,
  PurgeCheckpoints: 20,
  ActorsParked: 21,
} as const;

export type Request = readonly [op: number, ...args: unknown[]];
/** `[null, value]`, or a failure as `failureOf` writes it. */
export type Result = readonly [failure: Failure | null, value?: unknown];
export type Failure = readonly [code: string, ...facts: unknown[]];

export type RowTuple = readonly [
  actor: string,
  id: string,
  argsHash: string,
  message: Uint8Array,
  attempts: number,
  dueAt: number,
];
export type StoredTuple = readonly [
  id: string,
  argsHash: string,
  state: number,
  message: Uint8Array | null,
  attempts: number,
  dueAt: number | null,
  answer: Uint8Array | null,
  expiresAt: number | null,
];
export type ChangeTuple =
  | readonly [op: 'open', id: string, row: RowTuple | null]
  | readonly [op: 'attempt', id: string, attempts: number, dueAt: number]
  | readonly [op: 'revive', id: string, row: RowTuple]
  | readonly [
      op: 'done' | 'parked',
      id: string,
      argsHash: string,
      answer: Uint8Array,
      expiresAt: number | null,
      fresh: boolean,
      sparesEnded: boolean,
    ];
export type StatementTuple = readonly [sql: string, params: readonly RowValue[], expect: number | null];
export type RefusalTuple = readonly [
  statement: number | null,
  violation: RowViolation,
  touched: number | null,
  reason: string,
];
export type AppendTuple = readonly [
  actor: string,
  expectedSeq: number,
  expectedEpoch: number,
  epoch: number,
  writer: string,
  continues: 0 | 1,
  schema: number,
  status: number,
  count: number,
  frame: Uint8Array | null,
  inbox: readonly ChangeTuple[],
  sends: readonly RowTuple[],
  rows?: readonly StatementTuple[],
];
export type HeadTuple = readonly [seq: number, epoch: number, writer: string, schema: number, status: number];
/** An append is longer than a row. */
export type WriteTuple = AppendTuple | RowTuple;
/** `null`: committed or accepted. */
export type OutcomeTuple =
  | null
  | readonly [kind: 'duplicate', row: StoredTuple]
  | readonly [kind: 'conflict', seq: number, epoch: number]
  | readonly [kind: 'rejected', refusal: RefusalTuple]
  | readonly [kind: 'failed', reason: string];

/** In the database states are numbers; 3 is in the schema. */
const INBOX_STATES: readonly InboxState[] = ['queued', 'open', 'done', 'parked'];
export const ACTOR_STATUSES = ['absent', 'live', 'terminated'] as const;

export function rowTuple({ actor, id, argsHash, message, attempts, dueAt }: NewInboxRow): RowTuple {
  return [actor, id, argsHash, message, attempts, dueAt];
}

export function statementTuple({ sql, params, expect }: RowStatement): StatementTuple {
  return [sql, params, expect];
}

export function changeTuple(change: InboxChange): ChangeTuple {
  if (change.op === 'open') return ['open', change.id, change.row && rowTuple(change.row)];
  if (change.op === 'attempt') return ['attempt', change.id, change.attempts, change.dueAt];
  if (change.op === 'revive') return ['revive', change.id, rowTuple(change.row)];
  return [
    change.op,
    change.id,
    change.argsHash,
    change.answer,
    change.expiresAt,
    change.fresh,
    change.sparesEnded === true,
  ];
}

/** Bytes are copied: a view would keep the whole reply alive for as long as somebody caches an answer. */
export function inboxRow(actor: string, tuple: StoredTuple): InboxRow {
  const [id, argsHash, state, message, attempts, dueAt, answer, expiresAt] = tuple;
  return {
    actor,
    id,
    argsHash,
    state: INBOX_STATES[state] as InboxState,
    message: message && new Uint8Array(message),
    attempts,
    dueAt,
    answer: answer && new Uint8Array(answer),
    expiresAt,
  };
}

/** Packs messages into buffers of exact size, which can be transferred. */
export class Packer {
  private readonly packr = new Packr({ useRecords: false });

  pack(message: readonly Request[] | readonly Result[]): ArrayBuffer {
    const copy = new Uint8Array(this.packr.pack(message));
    // msgpackr goes on working in a buffer as large as the largest message it ever packed.
    if (copy.length > LARGE_BYTES) this.packr.useBuffer(Buffer.allocUnsafeSlow(SMALL_BYTES));
    return copy.buffer;
  }

  unpack<T>(buffer: ArrayBuffer): T {
    return this.packr.unpack(new Uint8Array(buffer)) as T;
  }
}

const LARGE_BYTES = 4 * 1024 * 1024;
const SMALL_BYTES = 64 * 1024;
