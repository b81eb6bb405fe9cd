import { MessageParkedError } from '../errors';
import { type Verdict, judgeFailure } from './judge-failure';
import type { Message } from './message';
import type { SystemPort } from './system-port';

/** The verdict on a failed turn of an actor without a journal: nothing of the message is kept beyond the process. */
export function judgePlainTurn(message: Message, error: unknown): Verdict {
  return judgeFailure({
    error,
    policy: message.handler.retry,
    attempts: message.attempts,
    isAsked: message.isAsked,
    unstored: message.isAsked || message.startBefore !== 0, // its asker may have given up meanwhile
    hasRecords: false,
    otherVersion: false,
  });
}

/** No further start. Where nobody asked, the log is all there is. @returns what its asker is told */
export function giveUp({ logger }: SystemPort, message: Message, cause: unknown): MessageParkedError {
  const { to, id, handler, attempts, isAsked } = message;
  if (!isAsked) logger.error(`${to.encoded} gave up ${handler.name} after ${attempts} attempts: ${String(cause)}`);
  return new MessageParkedError(to.encoded, id, attempts, { cause });
}
