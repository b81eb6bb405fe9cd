import { toErrorRecord } from '#journal';
import { failpoint } from '#spi';
import { MessageParkedError } from '../errors';
import type { PendingEntry } from '../turn/effect-record';
import type { DurableActivation } from '../runtime/durable-activation';
import { Message } from '../runtime/message';
import { parkStep } from '../runtime/steps';
import { PARKED } from '../runtime/system-messages';
import { type DeadLetter, deadLetterFrom } from './dead-letter';

/** What `@OnParked` of an actor class is told. @publicApi */
export type ParkedNotice = Omit<DeadLetter, 'actor'>;

/**
 * The message is given up (P7): its row, and with it the word to the actor's own `@OnParked` hook, in one append. Everybody
 * else hears of it when that is durable.
 */
export function parkMessage(
  host: DurableActivation,
  message: Message,
  pending: readonly PendingEntry[],
  cause: unknown,
): void {
  const { held } = host.runner;
  const letter = deadLetterFrom(message, cause);
  const notice = noticeOf(host, message, letter);
  const sends = notice === null ? [] : [notice];
  failpoint('park.beforeCommit');
  host.line.append(parkStep(message, pending, toErrorRecord(cause), host.env.now(), sends));
  held.whenSafe(message, () => {
    failpoint('park.afterCommit');
    const error = new MessageParkedError(host.address.encoded, message.id, message.attempts, { cause });
    announce(host, letter, error);
    if (notice !== null) host.system.deliverSend(notice);
    host.renewThen(() =>
      held.unlessGone(message, () => {
        if (message.occurrence !== null) host.system.wakeAt(host.address, host.env.now()); // for what goes on after it
        message.fail(error); // in one step with `parked`, which forgets the id: a twin between them would join a dead message
        host.parked(message, error);
      }),
    );
  });
}

function announce({ system }: DurableActivation, letter: DeadLetter, { message }: MessageParkedError): void {
  system.logger.error(message);
  system.events.parked(letter);
}

/** A message to the actor itself. There is none about such a message: a hook that fails would be told so for ever. */
function noticeOf(host: DurableActivation, message: Message, letter: DeadLetter): Message | null {
  if (host.cls.definition.onParked === null || message.handler === PARKED) return null;
  if (!host.exists && !host.isVirtual) return null;
  const { id, correlationId, trail } = message;
  const { messageId, method, args, sender, principal, headers, attempts, cause } = letter;
  const about: ParkedNotice = { messageId, method, args, sender, correlationId, principal, headers, attempts, cause };
  const sentBy = { ...trail, sender: host.actorId, correlationId, causationId: id, chain: [] };
  const notice = new Message(host.address, PARKED, [about], sentBy, host.env, host.env.id());
  notice.keyed = true;
  notice.delayUntil(host.env.now());
  return notice;
}
