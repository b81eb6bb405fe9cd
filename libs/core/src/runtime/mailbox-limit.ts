import { MailboxFullError } from '../errors';
import type { Creation } from '../persistence/creation';
import type { Activation } from './activation';
import type { Message } from './message';
import { CREATE, isUnparking } from './system-messages';

/** What a sender is told to wait when a mailbox is full. */
const RETRY_AFTER_MS = 100;
/** What only the actor itself sends finds this much room beyond the limit: it is work that was accepted before (P12). */
const OWN_MESSAGES = 10_000;
const OWN_BYTES = 16 * 1024 * 1024;

/** Read-only messages do not stand in line, but while the actor is loaded. */
export function isFull(activation: Activation, message: Message): boolean {
  if (message.handler.readOnly && activation.state !== 'Creating') return false;
  if (isUnparking(message.handler)) return false; // it may be what makes room
  if (message.handler === CREATE && !activation.isOpen && isRevival(message)) return false; // what waits there waits for it
  const { maxMessages, maxBytes } = activation.cls.definition.mailbox;
  const [ownMessages, ownBytes] = message.handler.only === 'self' ? [OWN_MESSAGES, OWN_BYTES] : [0, 0];
  return (
    activation.waiting >= maxMessages + ownMessages || activation.waitingBytes + message.bytes > maxBytes + ownBytes
  );
}

/** Not one of a client, who may send any number. */
function isRevival({ system }: Message): boolean {
  return (system as Creation).revives === true;
}

export function fullError(activation: Activation): MailboxFullError {
  const { maxMessages, maxBytes } = activation.cls.definition.mailbox;
  const limit = activation.waiting >= maxMessages ? `${maxMessages} messages` : `${maxBytes} bytes`;
  return new MailboxFullError(activation.address.encoded, limit, RETRY_AFTER_MS);
}
