import {
  type EntryBody,
  type MessageReceived,
  type SideEffectExecuted,
  encodePayload,
  hashValue,
  toErrorRecord,
} from '#journal';
import type { Message } from '../runtime/message';
import type { HandedRecord } from './act-log';
import type { EffectOutcome } from './run-effect';

/** A body and when it was recorded; in an append it becomes a journal entry. */
export interface PendingEntry {
  readonly body: EntryBody;
  readonly time: number;
}

/** Which act a record belongs to. */
export interface ActIdentity {
  readonly scope: string;
  readonly name: string;
  readonly ordinal: number;
  readonly argsHash: string;
}

/** Names the arguments of an act in its record (P9); '' for none. */
export function hashArgs({ args, name }: { args: readonly unknown[]; name: string }, maxBytes: number): string {
  return args.length === 0 ? '' : hashValue(args, { maxBytes }, name);
}

/** The outcome of an effect as it is journaled; what cannot be encoded, or is too large, is recorded as that error (P6). */
export function encodeOutcome(act: ActIdentity, outcome: EffectOutcome, maxBytes: number): SideEffectExecuted {
  if (outcome.kind === 'failed') return failedRecord(act, outcome.error, outcome.attempts);
  try {
    return doneRecord(act, encodePayload(outcome.value, { maxBytes }, `result of ${act.name}`), outcome.attempts);
  } catch (error) {
    return failedRecord(act, error, outcome.attempts);
  }
}

export function doneRecord(act: ActIdentity, result: Uint8Array, attempts: number): SideEffectExecuted {
  const { scope, ordinal, name, argsHash } = act;
  return { kind: 'SideEffectExecuted', scope, ordinal, name, argsHash, result, error: null, attempts };
}

function failedRecord(act: ActIdentity, error: unknown, attempts: number): SideEffectExecuted {
  const { scope, ordinal, name, argsHash } = act;
  return {
    kind: 'SideEffectExecuted',
    scope,
    ordinal,
    name,
    argsHash,
    result: null,
    error: toErrorRecord(error),
    attempts,
  };
}

/** The first record of a message's turn. */
export function receivedRecord(message: Message): MessageReceived {
  const { trail } = message;
  return {
    kind: 'MessageReceived',
    messageId: message.id,
    sender: trail.sender,
    causationId: trail.causationId,
    method: message.handler.name,
    payload: message.encodedArgs(),
    headers: trail.headers,
    principal: trail.principal,
  };
}

export function describeRecord(body: HandedRecord): string {
  if (body.kind === 'TimerFired') return `${body.scope} act ${body.ordinal}: sleep`;
  return describeAct(body);
}

export function describeAct(act: ActIdentity): string {
  return `${act.scope} act ${act.ordinal}: ${act.name}${act.argsHash === '' ? '' : ` with arguments ${act.argsHash}`}`;
}
