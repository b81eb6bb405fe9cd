import { decodePayload, encodePayload, isPrimitive } from '#journal';
import type { HandlerDefinition } from '../actor/actor-definition';
import { InvalidPlanError, UnknownMethodError } from '../errors';
import type { Address } from '../runtime/address';
import { Message } from '../runtime/message';
import { goneHandler } from '../runtime/system-messages';
import type { SystemPort } from '../runtime/system-port';
import { MESSAGE_RETRY } from '../turn/retry-policy';
import { type Occurrence, occurrenceId, whyNoOccurrence } from './occurrence';

/** A message that a facet has its actor send itself. @publicApi */
export interface PlannedMessage {
  readonly occurrence: Occurrence;
  /** Name of the handler, not a read-only one; `null`: a function. */
  readonly handler: string | null;
  readonly args: readonly unknown[];
  /** On whose behalf it runs. */
  readonly principal: string;
  /** Only on actors without a journal: the function. {@link Alarms} remember it by name. */
  readonly call?: ((self: object) => unknown) | undefined;
  /** It is started again as other messages are when it fails. Default: once, unless `@Handle({ retry })` says otherwise. */
  readonly retries?: boolean;
}

/** What names a handler that is gone by now ends as such messages do. @throws InvalidPlanError, InvalidPayloadError, PayloadTooLargeError */
export function makePlanned(
  system: SystemPort,
  to: Address,
  facet: string,
  planned: PlannedMessage,
  causationId = '',
): Message {
  const reason = whyNoOccurrence(planned.occurrence);
  if (reason !== null) throw new InvalidPlanError(to.encoded, facet, reason);
  const handler = handlerOf(to, facet, planned);
  const id = occurrenceId(to.encoded, { ...planned.occurrence, facet });
  const { principal, args } = planned;
  const trail = { sender: to.encoded, correlationId: '', causationId, principal, headers: NO_HEADERS, chain: [] };
  const payload = encodePayload(args, { maxBytes: system.options.maxPayloadBytes }, 'args');
  const message = new Message(to, handler, args.every(isKept) ? args : decode(payload), trail, system.env, id);
  message.payload = payload;
  message.bytes = payload.length;
  message.keyed = true;
  message.call = planned.call ?? null;
  return message;
}

/** @throws UnknownMethodError, InvalidPlanError */
export function assertPlannable({ definition, encoded }: Address, facet: string, name: string): void {
  const handler = definition.handlers.get(name);
  if (handler === undefined) throw new UnknownMethodError(definition.type, name, [...definition.handlers.keys()]);
  if (handler.readOnly)
    throw new InvalidPlanError(encoded, facet, `${name} is readOnly, so nobody would notice that it ran`);
}

function handlerOf(to: Address, facet: string, planned: PlannedMessage): HandlerDefinition {
  const { handler: name, retries, occurrence } = planned;
  const handler =
    name === null
      ? { ...goneHandler(`${facet}:${occurrence.name}`), property: '' }
      : (to.definition.handlers.get(name) ?? goneHandler(name));
  return retries === true && handler.retry === null ? { ...handler, retry: MESSAGE_RETRY } : handler;
}

/** Comes back from its encoding as it is, which -0 does not. */
function isKept(value: unknown): boolean {
  return isPrimitive(value) && !Object.is(value, -0);
}

function decode(payload: Uint8Array): unknown[] {
  return decodePayload(payload) as unknown[];
}

const NO_HEADERS = Object.freeze({});
