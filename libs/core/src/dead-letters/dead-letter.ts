import { decodePayload } from '#journal';
import { type ActorId, type InboxRow, decodeActorId } from '#spi';
import { decodeAnswer } from '../runtime/answer-codec';
import type { Message } from '../runtime/message';
import { readEnvelope } from '../runtime/message-codec';

/** Names one parked message. @publicApi */
export interface DeadLetterId {
  /** The receiver; encoded as `ref.actorId` has it, or in parts. */
  readonly actor: ActorId | string;
  readonly messageId: string;
}

/** A message that was given up, with all that an operator needs to judge it. @publicApi */
export interface DeadLetter extends DeadLetterId {
  readonly actor: ActorId;
  /** `null`: it was parked by a version that kept no copy of such messages, so it can only be discarded. */
  readonly method: string | null;
  readonly args: readonly unknown[];
  /** Encoded id of the actor that sent it; '' for a client. */
  readonly sender: string;
  readonly correlationId: string;
  readonly principal: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Starts that were counted. */
  readonly attempts: number;
  /** Why the last start failed, with its own `cause` and so on. */
  readonly cause: Error;
}

/** {@link DeadLetter}, with what its journal knows. @publicApi */
export interface DeadLetterDetails extends DeadLetter {
  /** When it first ran, as far as that was recorded. */
  readonly startedAt: number | null;
  /** `null` when that part of the journal has been truncated. */
  readonly parkedAt: number | null;
  /** Side effects and asks of its turn that have a record: a retry does not start them again. */
  readonly effects: readonly { readonly name: string; readonly failed: boolean }[];
}

/** @throws CorruptRecordError */
export function deadLetterOf(row: InboxRow): DeadLetter {
  const answer = decodeAnswer(row);
  const base = {
    actor: decodeActorId(row.actor),
    messageId: row.id,
    attempts: row.attempts,
    cause: answer.kind === 'error' ? answer.error : new Error('its cause was not recorded'),
  };
  if (row.message === null)
    return { ...base, method: null, args: [], sender: '', correlationId: '', principal: '', headers: {} };
  const [method, payload, sender, correlationId, , principal, headers] = readEnvelope(row);
  return { ...base, method, args: decodePayload(payload) as unknown[], sender, correlationId, principal, headers };
}

/** Of a message that is just being given up. */
export function deadLetterFrom(message: Message, cause: unknown): DeadLetter {
  const { sender, correlationId, principal, headers } = message.trail;
  return {
    actor: message.to.id,
    messageId: message.id,
    method: message.handler.name,
    args: decodePayload(message.encodedArgs()) as unknown[],
    sender,
    correlationId: correlationId === '' ? message.id : correlationId,
    principal,
    headers,
    attempts: message.attempts,
    cause: cause instanceof Error ? cause : new Error(String(cause)),
  };
}
