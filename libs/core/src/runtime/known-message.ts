import { type InboxRow, failpoint } from '#spi';
import { IdempotencyConflictError, MessageParkedError } from '../errors';
import { decodeAnswer } from './answer-codec';
import type { Message } from './message';
import { argsHashOf } from './message-codec';

/** Gives a repeated message what its first run came to (P5): the recorded answer, the parked cause, or a conflict. */
export function answerKnown(message: Message, row: InboxRow): void {
  if (row.argsHash !== argsHashOf(message)) return message.fail(new IdempotencyConflictError(row.actor, row.id));
  const answer = decodeAnswer(row);
  failpoint('reply.beforeKnown');
  if (row.state === 'parked') {
    const cause = answer.kind === 'error' ? answer.error : undefined;
    message.fail(new MessageParkedError(row.actor, row.id, row.attempts, { cause }));
  } else if (answer.kind === 'error') message.fail(answer.error);
  else message.answer(answer.value);
}
