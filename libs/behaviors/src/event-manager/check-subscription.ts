import type { HandlerDefinition } from '#core';
import { type Duration, parseDuration } from '#spi';
import { InvalidSubscriptionError } from '../errors';
import { memberOf } from '../taken-names';
import type { Subscription } from './subscription';

/** How long a manager waits for one handler. */
export const DEFAULT_TIMEOUT: Duration = '5s';
const MAX_TIMEOUT_MS = 60_000;
/** P12: one event goes to all of them in one turn, which may send 10,000 messages. */
export const MAX_SUBSCRIPTIONS = 1_000;

const OPTIONS: readonly string[] = ['id', 'type', 'key', 'handler', 'filter', 'onFailure', 'timeout'];

/** What would fail at each event is refused when it is added. @throws InvalidSubscriptionError */
export function checkSubscription(manager: object, given: unknown): asserts given is Subscription {
  if (!isRecord(given)) throw new InvalidSubscriptionError('object', 'is missing');
  for (const name of Object.keys(given))
    if (!OPTIONS.includes(name))
      throw new InvalidSubscriptionError(name, `is no option; it knows ${OPTIONS.join(', ')}`);
  for (const name of ['id', 'type', 'key', 'handler'])
    if (typeof given[name] !== 'string' || given[name] === '') throw new InvalidSubscriptionError(name, 'is no name');
  const { onFailure, timeout, filter } = given;
  if (onFailure !== undefined && onFailure !== 'keep' && onFailure !== 'remove')
    throw new InvalidSubscriptionError('onFailure', "is neither 'keep' nor 'remove'");
  if (timeout !== undefined) checkTimeout(timeout);
  if (filter !== undefined) checkFilter(manager, filter);
}

type Handlers = ReadonlyMap<string, HandlerDefinition>;

/** @throws InvalidSubscriptionError */
export function checkHandler({ type, handler: name, onFailure }: Subscription, handlers: Handlers): void {
  const handler = handlers.get(name) ?? catchAllOf(handlers);
  let reason: string | null = null;
  if (handler === undefined) reason = `names ${name}, which ${type} does not handle`;
  else if (handler.readOnly) reason = `names ${name}, which is readOnly: it could do nothing about an event`;
  else if (handler.only === 'ask' || handler.only === 'self')
    reason = `names ${name}, which an event manager may not tell`;
  else if (onFailure === 'remove' && isOnlyTold(name, handlers))
    reason = `names ${name}, which is never asked: nobody hears of its failures`;
  if (reason !== null) throw new InvalidSubscriptionError('handler', reason);
}

/** A `@Cast`, an `@Info`, or a name that only a catch-all takes. */
export function isOnlyTold(name: string, handlers: Handlers): boolean {
  const handler = handlers.get(name);
  return handler === undefined ? catchAllOf(handlers) !== undefined : handler.only === 'tell';
}

function catchAllOf(handlers: Handlers): HandlerDefinition | undefined {
  return [...handlers.values()].find(({ takesUnknown }) => takesUnknown);
}

function checkTimeout(timeout: unknown): void {
  let ms = 0;
  try {
    ms = parseDuration(timeout as Duration);
  } catch {
    throw new InvalidSubscriptionError('timeout', 'is no duration');
  }
  if (ms < 1 || ms > MAX_TIMEOUT_MS) throw new InvalidSubscriptionError('timeout', 'is not from 1 ms to 1 m');
}

function checkFilter(manager: object, filter: unknown): void {
  const kinds = isRecord(filter) ? Object.keys(filter) : [];
  if (!isRecord(filter) || kinds.length !== 1 || !['match', 'predicate'].includes(kinds[0] as string))
    throw new InvalidSubscriptionError('filter', 'has to have either match or predicate');
  const { match, predicate } = filter;
  if ('match' in filter && !isRecord(match))
    throw new InvalidSubscriptionError('filter', 'has a match that is no object of properties');
  if (isRecord(match) && Object.values(match).some((value) => typeof value === 'object' && value !== null))
    throw new InvalidSubscriptionError('filter', 'matches an object, which no event can be equal to');
  if ('predicate' in filter && !isPredicate(manager, predicate))
    throw new InvalidSubscriptionError('filter', `names ${String(predicate)}, which is no method of the manager`);
}

function isPredicate(manager: object, name: unknown): boolean {
  if (typeof name !== 'string' || name === 'constructor') return false;
  return typeof memberOf(Object.getPrototypeOf(manager) as object, name) === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
