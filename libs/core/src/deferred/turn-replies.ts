import { encodePayload, toErrorRecord } from '#journal';
import { DeferredReplyError, type DeferredReplyProblem, InvalidMessageOptionError } from '../errors';
import type { Message } from '../runtime/message';
import type { Ending } from '../runtime/steps';
import type { Turn } from '../turn/turn';
import { isSystemMessage } from '../runtime/system-messages';
import { type Delegation, delegationOf, joinDelegate } from './delegation';
import { MAX_OPEN, OpenDeferrals } from './open-deferrals';
import { type ReplyToken, isToken, makeToken } from './reply-token';

/** A late answer: it becomes durable with the turn that gives it, and leaves after it (P4). */
export interface LateReply {
  readonly messageId: string;
  /** Since when it is owed. */
  readonly since: number;
  readonly ending: Ending;
}

/**
 * What one turn does about answers that are not its own: puts its own off, gives those of earlier turns. It owns the list
 * of late answers that leave with the commit; which are owed at all is the actor's state ({@link OpenDeferrals}).
 *
 *  L1. An answer is given at most once: the token is taken from the state by the turn that answers, in the same commit.
 *  L2. What is given is encoded at once: what the handler does to the value afterwards changes nothing.
 */
export class TurnReplies {
  /** The turn's own answer comes later. */
  isDeferred = false;
  readonly made: LateReply[] = [];

  constructor(private readonly turn: Turn) {}

  /** What a turn without a handler answers, whose tokens were taken before. */
  static given(turn: Turn, made: readonly LateReply[]): TurnReplies {
    const replies = new TurnReplies(turn);
    replies.made.push(...made);
    return replies;
  }

  defer<T>(): ReplyToken<T> {
    const { turn } = this;
    turn.takeReply('deferReply', 0);
    if (isSystemMessage(turn.received.handler))
      throw this.error(
        'system',
        `${turn.received.handler.name} is no message of the application's`,
        'Defer in a @Handle() method',
      );
    if (turn.inside !== null)
      throw this.error(
        'reentrant',
        `${turn.received.handler.name} runs inside the turn that waits for its answer`,
        'Answer at once, or make it no reentrant handler',
      );
    if (this.isDeferred)
      throw this.error('twice', 'this turn has put off its answer already', 'Keep the token of the first call');
    // The answer that is owed may be another message's, which this one was sent to give.
    const now = turn.now();
    const { replyTo: messageId, since } = delegationOf(turn.received) ?? { replyTo: turn.received.id, since: now };
    if (!this.open().add(messageId, since, now))
      throw this.error('limit', `${MAX_OPEN} answers are owed already`, 'Answer some of them first');
    this.isDeferred = true;
    return makeToken<T>(turn.actorId, messageId, since);
  }

  reply(token: ReplyToken, value: unknown): void {
    const { maxPayloadBytes } = this.turn.host.system.options;
    const result = encodePayload(value, { maxBytes: maxPayloadBytes }, 'answer given by ctx.reply()');
    this.give(token, { kind: 'result', result }, result.length);
  }

  replyError(token: ReplyToken, error: unknown): void {
    this.give(token, { kind: 'error', error: toErrorRecord(error) }, 0);
  }

  /** The end of a message to the actor itself will be the answer. */
  delegate(token: ReplyToken, receiver: string): Delegation {
    if (receiver !== this.turn.actorId)
      throw new InvalidMessageOptionError('replyTo', `is for messages to the actor itself, and ${receiver} is another`);
    this.take(token);
    return { replyTo: token.messageId, since: token.since };
  }

  private give(token: ReplyToken, ending: Ending, bytes: number): void {
    this.turn.takeReply('reply', bytes);
    this.take(token);
    this.made.push({ messageId: token.messageId, since: token.since, ending });
  }

  /** L1. */
  private take(token: ReplyToken): void {
    const { turn } = this;
    if (!isToken(token))
      throw this.error('malformed', 'what was given is no token', 'Give what ctx.deferReply() has returned');
    if (token.actor !== turn.actorId)
      throw this.error(
        'foreign',
        `the token is ${token.actor}'s`,
        `Send the value to ${token.actor}, and answer there`,
      );
    const found = this.open().take(token, turn.now());
    if (found === 'unknown')
      throw this.error(
        'unknown',
        `no answer to message ${token.messageId} is owed; it was given before, or never put off`,
        'Answer once, and drop the token with it',
      );
    if (found === 'expired')
      throw this.error(
        'expired',
        `message ${token.messageId} is older than ids are kept`,
        'Drop the token; raise dedupe.keys of forRoot where answers take longer',
      );
  }

  private open(): OpenDeferrals {
    const { host } = this.turn;
    return OpenDeferrals.of(this.turn, host.system.options.dedupe.keysMs);
  }

  private error(problem: DeferredReplyProblem, reason: string, remedy: string): DeferredReplyError {
    return new DeferredReplyError(this.turn.actorId, problem, reason, remedy);
  }
}

/** `with({ replyTo: token }).tell`: see {@link Delegation}. @throws DeferredReplyError, InvalidMessageOptionError */
export function delegateReply(turn: Turn, message: Message, token: ReplyToken): void {
  const replies = (turn.replies ??= new TurnReplies(turn));
  message.system = replies.delegate(token, message.to.encoded);
  joinDelegate(turn.host.system, message);
}
