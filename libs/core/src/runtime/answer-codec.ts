import {
  checkedContent,
  decodePayload,
  encodePayload,
  fromErrorRecord,
  type ErrorRecord,
  type RowIdentity,
  withChecksum,
} from '#journal';
import { CorruptRecordError, type InboxRow } from '#spi';

const RESULT = 0;
const ERROR = 1;
/** The turn is over, its answer is still owed: a row of its own will have it. */
const DEFERRED = 2;
const NOTHING = new Uint8Array(0);
/** First byte of an answer in JSON: `{"result":…}`, `{"error":…}` or `{"deferred":true}`. */
const JSON_OBJECT = 0x7b;

/** An answer as the inbox keeps it: one byte says which, then the encoded result or error record. */
export function encodeResult(row: RowIdentity, result: Uint8Array): Uint8Array {
  return mark(row, RESULT, result);
}

export function encodeError(row: RowIdentity, error: ErrorRecord): Uint8Array {
  return mark(row, ERROR, encodePayload(error, { maxBytes: Number.MAX_SAFE_INTEGER }));
}

/** Stands where the answer would be until a later turn gives it. */
export function encodeDeferred(row: RowIdentity): Uint8Array {
  return mark(row, DEFERRED, NOTHING);
}

export type Answer =
  | { readonly kind: 'deferred' }
  | { readonly kind: 'result'; readonly value: unknown }
  | { readonly kind: 'error'; readonly error: Error };

/** @throws CorruptRecordError */
export function decodeAnswer(row: InboxRow): Answer {
  const facts = row.answer === null ? {} : answerFacts(row, row.answer);
  if (facts.deferred === true) return { kind: 'deferred' };
  if ('result' in facts) return { kind: 'result', value: facts.result };
  if ('error' in facts) return { kind: 'error', error: fromErrorRecord(facts.error as ErrorRecord) };
  throw new CorruptRecordError(row.actor, `Answer of message ${row.id}`, 'it is neither a result nor an error');
}

/** What a stored answer says: `result` or `error`. @throws CorruptRecordError */
export function answerFacts(
  row: RowIdentity,
  answer: Uint8Array,
): { result?: unknown; error?: unknown; deferred?: unknown } {
  const bytes = checkedContent('Answer of message', row, answer);
  switch (bytes[0]) {
    case RESULT:
      return { result: decodePayload(bytes.subarray(1)) };
    case ERROR:
      return { error: decodePayload(bytes.subarray(1)) };
    case DEFERRED:
      return { deferred: true };
    case JSON_OBJECT:
      return decodePayload(bytes) as object;
    default:
      return {};
  }
}

function mark(row: RowIdentity, kind: number, bytes: Uint8Array): Uint8Array {
  const marked = new Uint8Array(bytes.length + 1);
  marked[0] = kind;
  marked.set(bytes, 1);
  return withChecksum('Answer of message', row, marked);
}
