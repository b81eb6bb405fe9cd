import { type MessageSent, encodePayload } from '#journal';
import type { InboxChange } from '#spi';
import { encodeDeferred, encodeError, encodeResult } from '../runtime/answer-codec';
import type { Message } from '../runtime/message';
import { argsHashOf } from '../runtime/message-codec';
import type { Ending } from '../runtime/steps';
import { delegationOf, isForgotten } from './delegation';
import { REPLY_METHOD, replyIdOf } from './reply-token';
import type { LateReply, TurnReplies } from './turn-replies';

/** Late answers are asked for by the id of their message alone. */
const ARGS_HASH = 'late';

/** What a turn does about answers, as far as its commit is concerned. */
export type CommittedReplies = Pick<TurnReplies, 'isDeferred' | 'made'> | null;

/** What {@link lateReplies} needs of a commit. */
export interface AnsweringCommit {
  readonly message: Message;
  readonly replies: CommittedReplies;
  readonly ending: Ending;
  readonly keysMs: number;
  readonly time: number;
}

/** All late answers that become durable with the end of a message: those the turn gave, and its own where it stands for another one that is owed it still. */
export function lateReplies({ message, replies, ending, keysMs, time }: AnsweringCommit): readonly LateReply[] {
  const made = replies?.made ?? [];
  const answered = replies?.isDeferred === true ? null : delegationOf(message);
  if (answered === null || isForgotten(answered, keysMs, time)) return made;
  return [...made, { messageId: answered.replyTo, since: answered.since, ending }];
}

/** The message ended, and its answer is owed. */
export function putOffChange(message: Message, expiresAt: number): InboxChange {
  const { id } = message;
  const argsHash = argsHashOf(message);
  const answer = encodeDeferred({ actor: message.to.encoded, id, argsHash });
  return { op: 'done', id, argsHash, answer, expiresAt, fresh: message.row === 'none' };
}

/**
 * Forgotten with what says that the answer was put off, or before it: the key may name another ask then, whose answer this is not.
 * @param keysMs for how long ids of that kind are kept
 */
export function lateChange(actor: string, { messageId, since, ending }: LateReply, keysMs: number): InboxChange {
  const expiresAt = since + keysMs;
  const row = { actor, id: replyIdOf(messageId), argsHash: ARGS_HASH };
  const answer = ending.kind === 'result' ? encodeResult(row, ending.result) : encodeError(row, ending.error);
  return { op: 'done', id: row.id, argsHash: ARGS_HASH, answer, expiresAt, fresh: true };
}

/** In the journal a late answer is a send of the turn, to whoever waits. */
export function lateEntry(actor: string, { messageId, ending }: LateReply): MessageSent {
  const payload = ending.kind === 'result' ? ending.result : encodePayload(ending.error);
  return {
    kind: 'MessageSent',
    messageId: replyIdOf(messageId),
    receiver: actor,
    method: ending.kind === 'result' ? REPLY_METHOD : `${REPLY_METHOD}Error`,
    payload,
    dueAt: 0,
  };
}
