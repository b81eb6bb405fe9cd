import { decodePayload, fromErrorRecord, isPrimitive } from '#journal';
import { failpoint } from '#spi';
import type { Message } from '../runtime/message';
import type { Ending } from '../runtime/steps';
import { STOP } from '../runtime/system-messages';
import type { Turn } from '../turn/turn';
import { delegationOf } from './delegation';

/** The turn is durable, or done where nothing is: its answer leaves, unless it was put off, and so do the late ones it gave. */
export function releaseAnswer(turn: Turn, ending: Ending, outcome: unknown): void {
  const message = turn.received;
  if (ending.kind === 'error') message.fail(outcome);
  else if (turn.replies?.isDeferred === true) putOff(turn, message);
  else if (message.handler !== STOP) message.answer(isPrimitive(outcome) ? outcome : decodePayload(ending.result));
  releaseLate(turn);
}

/** The same for a turn that is not journaled, whose answer is a copy already. */
export function releasePlainAnswer(turn: Turn, answer: unknown): void {
  if (turn.replies?.isDeferred === true) putOff(turn, turn.received);
  else turn.received.answer(answer);
  releaseLate(turn);
}

function putOff({ host }: Turn, message: Message): void {
  if (delegationOf(message) !== null) return; // whoever waits does so for the message it stands for
  failpoint('deferred.beforeWait');
  host.system.deferred.wait(message);
}

function releaseLate({ replies, host, actorId }: Turn): void {
  if (replies === null || replies.made.length === 0) return;
  for (const { messageId, ending } of replies.made)
    host.system.deferred.settle(actorId, messageId, (asker) => {
      if (ending.kind === 'error') asker.fail(fromErrorRecord(ending.error));
      else asker.answer(decodePayload(ending.result));
    });
}
