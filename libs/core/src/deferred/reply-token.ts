declare const ANSWER: unique symbol;

/**
 * Stands for an answer that is still owed. Plain data: keep it in a `@State()` field, put it into a message or a side
 * effect's arguments. It is of use to the actor that made it only, and good for as long as idempotency keys are kept (24 h).
 * A handler that returns `ReplyToken<T>` is asked for a `T`.
 * @publicApi
 */
export interface ReplyToken<T = unknown> {
  /** The actor that owes the answer, encoded. */
  readonly actor: string;
  /** The message that is to be answered. */
  readonly messageId: string;
  /** When its answer was put off: a key that is forgotten may name another message later, which this one is not to answer. */
  readonly since: number;
  /** Of the type only; no value has it. */
  readonly [ANSWER]: () => T;
}

/** How the journal names an answer that a later turn gave. */
export const REPLY_METHOD = '$reply';

/** Id of the row that holds the late answer to a message. No message has one like it: ids begin with a key or a ULID. */
export function replyIdOf(messageId: string): string {
  return `${REPLY_METHOD}/${messageId}`;
}

export function makeToken<T>(actor: string, messageId: string, since: number): ReplyToken<T> {
  return { actor, messageId, since } as ReplyToken<T>;
}

export function isToken(value: unknown): value is ReplyToken {
  const { actor, messageId, since } = (value ?? {}) as Partial<ReplyToken>;
  return typeof actor === 'string' && typeof messageId === 'string' && typeof since === 'number';
}
