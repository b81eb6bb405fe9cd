import { decodePayload, encodePayload, hashPayload } from '#journal';
import type { HandlerDefinition } from '../actor/actor-definition';
import type { ActorRef } from '../actor/actor-ref';
import { InvalidMessageOptionError, MessageKindError } from '../errors';
import type { Frame } from '../turn/frame';
import type { Turn } from '../turn/turn';
import { crossesAsIs } from './copy-across';
import { Message, type Trail } from './message';
import { keyedMessageId, sentMessageId } from './message-ids';
import { isSystemMessage } from './system-messages';
import type { SystemPort } from './system-port';

type Ref = ActorRef<object>;

/** What an actor sends to itself under its own protocol may hold a message that was admitted before, and what is said of it. */
const ENVELOPE_BYTES = 1024;

/** Who sends: a client, or a turn, which gives its messages ids of its own. */
export interface Origin {
  readonly trail: Trail;
  readonly id: string | null;
  readonly turn: Turn | null;
  /** Who waits for the answer, as far as it is known: a turn, or a side effect of one. */
  readonly asks: Frame | null;
  /** Its id may have been sent before. */
  readonly repeats: boolean;
}

export const CLIENT: Origin = Object.freeze({
  trail: Object.freeze({
    sender: '',
    correlationId: '',
    causationId: '',
    principal: '',
    headers: Object.freeze({}),
    chain: Object.freeze([]),
  }),
  id: null,
  turn: null,
  asks: null,
  repeats: false,
});

/** Who cannot answer while what `turn` asks for is not answered. */
export function chainOf({ received, actorId }: Turn): readonly string[] {
  return [...received.trail.chain, actorId];
}

/** What a turn sends. @param rank of the send among its acts @param attempt at it, from 1 */
export function originOf(turn: Turn, rank: number | string, asks: boolean, attempt = 1): Origin {
  const { received } = turn;
  const trail: Trail = {
    sender: turn.actorId,
    correlationId: received.correlationId,
    causationId: received.id,
    principal: received.trail.principal,
    headers: received.trail.headers,
    chain: asks ? chainOf(turn) : [],
  };
  const id = sentMessageId(turn.actorId, turn.receivedAt, received.actsAs, rank);
  return { trail, id, turn, asks: turn, repeats: turn.resumed || attempt > 1 };
}

/**
 * Isolation and durability: what the receiver gets shares nothing with the sender; what cannot be stored is refused.
 * @throws InvalidPayloadError, PayloadTooLargeError, MessageKindError
 */
export function makeMessage(
  system: SystemPort,
  ref: Ref,
  handler: HandlerDefinition,
  args: readonly unknown[],
  origin: Origin,
): Message {
  const { address, cls, options } = ref;
  if (options.replyTo !== undefined && (origin.turn === null || origin.trail.chain.length > 0))
    throw new InvalidMessageOptionError(
      'replyTo',
      'is for tells that an actor sends to itself while it handles a message',
    );
  if (handler.only === 'self' && origin.turn?.actorId !== address.encoded)
    throw new MessageKindError(address.encoded, handler.name, 'self');
  if (system.probe !== null) system.probe.sent(address, handler.name, args);
  const trail = withOptions(origin.trail, ref);
  const key = options.idempotencyKey;
  const id = key === undefined ? origin.id : keyedMessageId(trail.principal, key);
  const message = new Message(address, handler, args, trail, system.env, id);
  message.keyed = id !== null;
  message.stale = options.stale ?? false;
  message.repeats = key !== undefined || origin.repeats;
  const asTheyAre = args.every(crossesAsIs);
  if (cls.definition.durability !== null || isSystemMessage(handler) || !asTheyAre) {
    const { maxPayloadBytes } = system.options;
    const maxBytes = handler.only === 'self' ? maxPayloadBytes + ENVELOPE_BYTES : maxPayloadBytes;
    message.payload = encodePayload(args, { maxBytes }, 'args');
    message.bytes = message.payload.length;
    if (message.keyed) message.argsHash = hashPayload(message.payload);
    if (!asTheyAre) message.args = decodePayload(message.payload) as unknown[];
  }
  // Readers pass the line, so they have to know which earlier messages of their own sender are under way (P2).
  if (cls.hasReaders) message.source = origin.turn?.host.sourceFor(ref.actorId) ?? ref.source;
  return message;
}

export function withOptions(trail: Trail, ref: Ref): Trail {
  const { headers, principal, correlationId } = ref.options;
  if (headers === undefined && principal === undefined && correlationId === undefined) return trail;
  return {
    ...trail,
    headers: headers === undefined ? trail.headers : { ...trail.headers, ...headers },
    principal: principal ?? trail.principal,
    correlationId: correlationId ?? trail.correlationId,
  };
}
