import { CorruptRecordError, type InboxRow, type InboxState } from '#spi';
import type { Row } from './session';

/** In the order in which `storedRow` reads them. */
export const INBOX_COLUMNS = 'id, args_hash, state, message, attempts, due_at, answer, expires_at';

/** In the database states are numbers; 3 is in the schema. */
const STATES: readonly InboxState[] = ['queued', 'open', 'done', 'parked'];

export type StoredRow = Omit<InboxRow, 'actor'>;

export function storedRow(row: Row): StoredRow {
  const [id, argsHash, state, message, attempts, dueAt, answer, expiresAt] = row as readonly string[];
  return {
    id: id as string,
    argsHash: argsHash as string,
    state: stateOf(state as string),
    message: bytesOf(message),
    attempts: numberOf(attempts as string),
    dueAt: numberOrNull(dueAt),
    answer: bytesOf(answer),
    expiresAt: numberOrNull(expiresAt),
  };
}

function stateOf(text: string): InboxState {
  const state = STATES[Number(text)];
  if (state === undefined) throw new CorruptRecordError('an actor', 'An inbox row', `its state is ${text}`);
  return state;
}

/** A `bigint` of the database as the number it was. @throws CorruptRecordError where it is no number of ours */
export function numberOf(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number))
    throw new CorruptRecordError('an actor', 'A row', `${text} is no number that was stored`);
  return number;
}

function numberOrNull(text: string | null | undefined): number | null {
  return text == null ? null : numberOf(text);
}

/** The server writes bytes as `\x` and hex (`bytea_output`, set for our sessions). */
export function hexBytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.slice(2), 'hex'));
}

function bytesOf(text: string | null | undefined): Uint8Array | null {
  return text == null ? null : hexBytes(text);
}
