import { checkedContent } from '#journal';
import { type InboxRow, failpoint } from '#spi';
import { IdempotencyConflictError, MessageParkedError } from '../errors';
import { decodeAnswer } from './answer-codec';
import type { Message } from './message';
import { argsHashOf } from './message-codec';
import type { SystemPort } from './system-port';

/**
 * Gives a repeated message what its first run came to (P5): the recorded answer, the parked cause, or a conflict; the error of a
 * row that cannot be read, which says nothing about what was answered (P11). An answer that is owed is waited for.
 */
export function answerKnown(system: SystemPort, message: Message, row: InboxRow): void {
  try {
    if (row.argsHash !== argsHashOf(message)) message.fail(conflictOf(row));
    else answerAgain(system, message, row);
  } catch (error) {
    message.fail(error);
  }
}

/**
 * The id was given to a message with other arguments. That is said of rows only that are as they were stored: a damaged hash is
 * nobody's mistake.
 * @throws CorruptRecordError, EncryptionKeyMissingError
 */
export function conflictOf(row: InboxRow): IdempotencyConflictError {
  if (row.message !== null) checkedContent('Message', row, row.message);
  if (row.answer !== null) checkedContent('Answer of message', row, row.answer);
  return new IdempotencyConflictError(row.actor, row.id);
}

function answerAgain({ deferred }: SystemPort, message: Message, row: InboxRow): void {
  const answer = decodeAnswer(row);
  failpoint('reply.beforeKnown');
  if (row.state === 'parked') {
    const cause = answer.kind === 'error' ? answer.error : undefined;
    message.fail(new MessageParkedError(row.actor, row.id, row.attempts, { cause }));
  } else if (answer.kind === 'error') message.fail(answer.error);
  else if (answer.kind === 'deferred') deferred.repeat(message);
  else message.answer(answer.value);
}
