import { decodePayload } from '#journal';
import type { TurnView } from './turn-view';

/** How a journal names the answer that a later turn gave, and the row of the inbox it is kept in. */
const REPLY = '$reply';
const REPLY_ERROR = '$replyError';

export type LateAnswer =
  { readonly kind: 'result'; readonly value: unknown } | { readonly kind: 'error'; readonly seq: number };

export function isLateAnswer({ method }: { readonly method: string }): boolean {
  return method === REPLY || method === REPLY_ERROR;
}

/** Did the turn end with the token of an answer that is to come? */
export function isToken({ messageId, result }: TurnView): boolean {
  return (result as { messageId?: unknown } | null | undefined)?.messageId === messageId;
}

/** What a later turn of the actor answered to a message whose own turn has put it off; `null` for none. */
export function lateAnswerTo(turns: readonly TurnView[], messageId: string): LateAnswer | null {
  for (const turn of turns) {
    const reply = turn.sends.find((send) => send.messageId === `${REPLY}/${messageId}` && isLateAnswer(send));
    if (reply === undefined) continue;
    if (reply.method === REPLY_ERROR) return { kind: 'error', seq: reply.seq };
    return { kind: 'result', value: decodePayload(reply.payload) };
  }
  return null;
}
