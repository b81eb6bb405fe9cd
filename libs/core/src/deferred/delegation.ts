import type { Message } from '../runtime/message';
import type { SystemPort } from '../runtime/system-port';

/** Kept with a message whose end is also the answer to an earlier one of the same actor: `with({ replyTo: token })`. */
export interface Delegation {
  /** Id of the message that is answered. */
  readonly replyTo: string;
  /** Since when that answer is owed. */
  readonly since: number;
}

/** What `message` was sent to answer, or `null`. */
export function delegationOf({ system }: { readonly system: unknown }): Delegation | null {
  const delegation = system as Partial<Delegation> | undefined;
  return delegation?.replyTo === undefined ? null : (delegation as Delegation);
}

/** Its sender hears of its end. Whether anybody waits for the message that it is to answer is not known: that may have been a tell. */
export function isHeardOf(message: Message): boolean {
  return message.isAsked && delegationOf(message) === null;
}

/** Those who wait for the earlier message hear the end of this one, like its own asker. */
export function joinDelegate({ deferred }: SystemPort, message: Message): void {
  const delegation = delegationOf(message);
  if (delegation === null) return;
  const { replyTo } = delegation;
  message.join({
    resolve: (value) => deferred.settle(message.to.encoded, replyTo, (asker) => asker.answer(value)),
    reject: (error) => deferred.settle(message.to.encoded, replyTo, (asker) => asker.fail(error)),
  });
}
