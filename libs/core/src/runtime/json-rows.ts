import { encodeJson, withChecksum } from '#journal';
import type { InboxChange, NewInboxRow } from '#spi';
import { answerFacts } from './answer-codec';
import type { Message } from './message';
import { readableEnvelope, toInboxRow } from './message-codec';
import type { SystemPort } from './system-port';

// Rows of the inbox with `codec: 'json'`: behind six bytes one JSON text, so that a SQL client shows what waits and
// what was answered. They are made from the others when they leave for the store: nothing in memory depends on the codec.

const NO_LIMIT = { maxBytes: Number.MAX_SAFE_INTEGER };

/** A message as it is stored. */
export function storedRow({ options }: SystemPort, message: Message, dueAt: number): NewInboxRow {
  const row = toInboxRow(message, dueAt);
  return options.codec === 'json' ? rowInJson(row) : row;
}

export function rowInJson(row: NewInboxRow): NewInboxRow {
  return { ...row, message: withChecksum('Message', row, encodeJson(readableEnvelope(row, row.message), NO_LIMIT)) };
}

export function changeInJson(actor: string, change: InboxChange): InboxChange {
  if (change.op === 'attempt') return change;
  if (change.op === 'open') return change.row === null ? change : { ...change, row: rowInJson(change.row) };
  if (change.op === 'revive' && change.row.message.length === 0) return change; // about to be discarded, and nothing of it was kept
  if (change.op === 'revive') return { ...change, row: rowInJson(change.row) };
  const row = { actor, id: change.id, argsHash: change.argsHash };
  const answer = encodeJson(answerFacts(row, change.answer), NO_LIMIT);
  return { ...change, answer: withChecksum('Answer of message', row, answer) };
}
