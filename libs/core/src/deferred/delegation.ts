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

/** Ids of that age are not kept: nobody can ask for the answer any more, and its message's id may be another's by now. */
export function isForgotten({ since }: Pick<Delegation, 'since'>, keysMs: number, now: number): boolean {
  return now - since >= keysMs;
}

/** Those who wait for the earlier message hear the end of this one, like its own asker. */
export function joinDelegate({ deferred, env, options }: SystemPort, message: Message): void {
  const delegation = delegationOf(message);
  if (delegation === null) return;
  const settle = (tell: (asker: Message) => void): void => {
    if (isForgotten(delegation, options.dedupe.keysMs, env.now())) return;
    deferred.settle(message.to.encoded, delegation.replyTo, tell);
  };
  message.join({
    resolve: (value) => settle((asker) => asker.answer(value)),
    reject: (error) => settle((asker) => asker.fail(error)),
  });
}
