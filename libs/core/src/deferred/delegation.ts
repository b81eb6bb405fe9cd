import type { Message } from '../runtime/message';
import type { SystemPort } from '../runtime/system-port';

/** Kept with a message whose end is also the answer to an earlier one of the same actor: `with({ replyTo: token })`. */
export interface Delegation {
  /** Id of the message that is answered. */
  readonly replyTo: string;
}

/** The message that `message` was sent to answer, or `null`. */
export function delegationOf({ system }: Message): string | null {
  return (system as Partial<Delegation> | undefined)?.replyTo ?? null;
}

/** Those who wait for the earlier message hear the end of this one, like its own asker. */
export function joinDelegate({ deferred }: SystemPort, message: Message): void {
  const messageId = delegationOf(message);
  if (messageId === null) return;
  message.join({
    resolve: (value) => deferred.settle(message.to.encoded, messageId, (asker) => asker.answer(value)),
    reject: (error) => deferred.settle(message.to.encoded, messageId, (asker) => asker.fail(error)),
  });
}
