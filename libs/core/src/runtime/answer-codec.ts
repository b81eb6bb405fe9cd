import { decodePayload, encodePayload, fromErrorRecord, refuseSealed, type ErrorRecord } from '#journal';
import { CorruptRecordError, type InboxRow } from '#spi';

const RESULT = 0;
const ERROR = 1;

/** An answer as the inbox keeps it: one byte says which, then the encoded result or error record. */
export function encodeResult(result: Uint8Array): Uint8Array {
  return mark(RESULT, result);
}

export function encodeError(error: ErrorRecord): Uint8Array {
  return mark(ERROR, encodePayload(error, { maxBytes: Number.MAX_SAFE_INTEGER }));
}

export type Answer =
  { readonly kind: 'result'; readonly value: unknown } | { readonly kind: 'error'; readonly error: Error };

/** @throws CorruptRecordError */
export function decodeAnswer(row: InboxRow): Answer {
  const bytes = row.answer;
  if (bytes?.[0] === RESULT) return { kind: 'result', value: decodePayload(bytes.subarray(1)) };
  if (bytes?.[0] === ERROR)
    return { kind: 'error', error: fromErrorRecord(decodePayload(bytes.subarray(1)) as ErrorRecord) };
  if (bytes !== null) refuseSealed({ what: 'Answer of message', actor: row.actor, at: row.id }, bytes);
  throw new CorruptRecordError(row.actor, `Answer of message ${row.id}`, 'it is neither a result nor an error');
}

function mark(kind: number, bytes: Uint8Array): Uint8Array {
  const marked = new Uint8Array(bytes.length + 1);
  marked[0] = kind;
  marked.set(bytes, 1);
  return marked;
}
