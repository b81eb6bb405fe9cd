import { checkedContent, decodePayload, encodePayload, hashPayload, type RowIdentity, withChecksum } from '#journal';
import { CorruptRecordError, type Env, type InboxRow, type NewInboxRow } from '#spi';
import type { Address } from './address';
import type { ActorClass } from './actor-class';
import { Message, type Trail } from './message';
import { isKeptLong } from './message-ids';
import { CREATE, goneHandler, systemHandlerOf } from './system-messages';

/** Layout of the envelope in an inbox row. Append only; readers tolerate what they do not know. */
export type Envelope = [
  method: string,
  payload: Uint8Array,
  sender: string,
  correlationId: string,
  causationId: string,
  principal: string,
  headers: Readonly<Record<string, string>>,
  system: unknown,
];

const NO_LIMIT = { maxBytes: Number.MAX_SAFE_INTEGER };

/** The message as the inbox keeps it until it is done: enough to run it after a crash. */
export function toInboxRow(message: Message, dueAt: number): NewInboxRow {
  const { trail, handler } = message;
  const envelope: Envelope = [
    handler.name,
    message.encodedArgs(),
    trail.sender,
    message.correlationId,
    trail.causationId,
    trail.principal,
    trail.headers,
    message.system,
  ];
  const row = { actor: message.to.encoded, id: message.id, argsHash: argsHashOf(message) };
  return {
    ...row,
    message: packEnvelope(row, envelope),
    attempts: message.attempts,
    dueAt,
  };
}

export function packEnvelope(row: RowIdentity, envelope: Envelope): Uint8Array {
  return withChecksum('Message', row, encodePayload(envelope, NO_LIMIT));
}

export function argsHashOf(message: Message): string {
  if (message.argsHash === '') message.argsHash = hashPayload(message.encodedArgs());
  return message.argsHash;
}

/** @throws CorruptRecordError */
export function fromInboxRow(row: InboxRow, address: Address, cls: ActorClass, env: Env): Message {
  const [method, payload, sender, correlationId, causationId, principal, headers, system] = readEnvelope(row);
  const trail: Trail = { sender, correlationId, causationId, principal, headers, chain: [] };
  const handler = systemHandlerOf(method) ?? cls.definition.handlers.get(method) ?? goneHandler(method);
  const message = new Message(address, handler, decodePayload(payload) as unknown[], trail, env, row.id);
  message.payload = payload;
  message.bytes = payload.length;
  message.argsHash = row.argsHash;
  message.row = 'stored';
  message.keyed = isKeptLong(row.id);
  message.attempts = row.attempts;
  message.dueAt = row.dueAt ?? 0;
  message.system = system;
  message.recovered = true;
  message.opened = row.state === 'open';
  return message;
}

/** The envelope with its arguments decoded, as JSON keeps it. @throws CorruptRecordError */
export function readableEnvelope(row: RowIdentity, message: Uint8Array): unknown[] {
  const [method, payload, ...rest] = readEnvelope({ ...row, message });
  return [method, decodePayload(payload), ...rest];
}

/** Does the message create its actor? @throws CorruptRecordError */
export function isCreation(row: InboxRow): boolean {
  return readEnvelope(row)[0] === CREATE.name;
}

/** @throws CorruptRecordError */
export function readEnvelope(row: RowIdentity & Pick<InboxRow, 'message'>): Envelope {
  const envelope = row.message === null ? null : decodePayload(checkedContent('Message', row, row.message));
  if (Array.isArray(envelope) && envelope.length >= 8) {
    if (Array.isArray(envelope[1])) envelope[1] = encodePayload(envelope[1], NO_LIMIT); // as JSON keeps it
    if (envelope[1] instanceof Uint8Array) return envelope as Envelope;
  }
  throw new CorruptRecordError(row.actor, `Message ${row.id}`, 'its envelope is not laid out as one');
}
