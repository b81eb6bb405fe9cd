import { decodePayload, encodePayload, hashPayload, refuseSealed } from '#journal';
import { CorruptRecordError, type Env, type InboxRow, type NewInboxRow } from '#spi';
import type { Address } from './address';
import type { ActorClass } from './actor-class';
import { Message, type Trail } from './message';
import { CREATE, goneHandler, systemHandlerOf } from './system-messages';

/** Layout of the envelope in an inbox row. Append only; readers tolerate what they do not know. */
type Envelope = [
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
  return {
    actor: message.to.encoded,
    id: message.id,
    argsHash: argsHashOf(message),
    message: encodePayload(envelope, NO_LIMIT),
    attempts: message.attempts,
    dueAt,
  };
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
  message.attempts = row.attempts;
  message.dueAt = row.dueAt ?? 0;
  message.system = system;
  message.recovered = true;
  message.opened = row.state === 'open';
  return message;
}

/** Does the message create its actor? @throws CorruptRecordError */
export function isCreation(row: InboxRow): boolean {
  return readEnvelope(row)[0] === CREATE.name;
}

function readEnvelope(row: InboxRow): Envelope {
  if (row.message !== null) refuseSealed({ what: 'Message', actor: row.actor, at: row.id }, row.message);
  const envelope = row.message === null ? null : decodePayload(row.message);
  if (Array.isArray(envelope) && envelope.length >= 8 && envelope[1] instanceof Uint8Array) return envelope as Envelope;
  throw new CorruptRecordError(row.actor, `Message ${row.id}`, 'its envelope is not laid out as one');
}
