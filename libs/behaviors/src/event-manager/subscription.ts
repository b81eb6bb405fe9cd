import type { Type } from '@nestjs/common';
import { actorOptionsOf, type NoReply } from '#core';
import type { Duration } from '#spi';

/** Which events a subscriber gets: those with these properties, or those a method of the manager's says `true` of. @publicApi */
export type EventFilter = { readonly match: Readonly<Record<string, unknown>> } | { readonly predicate: string };

/** @publicApi */
export interface SubscriptionOptions {
  /** Names it at the manager; adding one of a name that is there replaces it. Default: actor and handler. */
  readonly id?: string;
  readonly filter?: EventFilter;
  /**
   * What a failure means for the subscription. Default `keep`. One that says nothing about the handler ends no subscription: an
   * actor that waits for the manager, is stopped or cannot be read, a full mailbox, a store that fails.
   */
  readonly onFailure?: 'keep' | 'remove';
  /**
   * How long the manager waits where it waits; then the handler has failed. Meanwhile it handles nothing else, so a handler that
   * hangs costs the others this much. At most 1 m, default 5 s.
   */
  readonly timeout?: Duration;
}

/** Somebody who gets events: plain data, kept in the manager's state. @publicApi */
export interface Subscription extends Omit<SubscriptionOptions, 'id'> {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  /** The message that brings the event. */
  readonly handler: string;
}

/** What came of `syncNotify`, or of a `notify` whose handlers were waited for. @publicApi */
export interface SyncReport {
  /** Who has handled the event, or was told it: a handler that can only be told is not waited for. */
  readonly delivered: readonly string[];
  readonly failed: readonly { readonly id: string; readonly error: string; readonly removed: boolean }[];
}

/** The messages of an event manager, for typed refs: `ActorClient<Bus & EventManaging<OrderEvent>>`. @publicApi */
export interface EventManaging<E> {
  /** @throws InvalidSubscriptionError, UnknownActorTypeError */
  addHandler(subscription: Subscription): string;
  /** @returns whether it was there */
  removeHandler(id: string): boolean;
  handlers(): readonly Subscription[];
  /** Each subscriber gets the event as a message of its own. */
  notify(event: E): NoReply;
  /** Answers when every subscriber that can be asked has handled the event, or failed to; the others are told it with the answer. */
  syncNotify(event: E): SyncReport;
}

/** `await bus.ask.addHandler(subscription(Audit, 'a', 'onOrder', { filter: { match: { kind: 'paid' } } }))`. @publicApi */
export function subscription<T extends object>(
  actor: Type<T> | string,
  key: string,
  handler: keyof T & string,
  { id, ...options }: SubscriptionOptions = {},
): Subscription {
  const type = typeof actor === 'string' ? actor : (actorOptionsOf(actor)?.type ?? actor.name);
  return { id: id ?? `${type}/${key}.${handler}`, type, key, handler, ...options };
}

/** Does the subscriber get the event? May throw what a predicate throws. */
export async function takes(manager: object, { filter }: Subscription, event: unknown): Promise<boolean> {
  if (filter === undefined) return true;
  if ('predicate' in filter) {
    const predicate = (manager as Record<string, (event: unknown) => unknown>)[filter.predicate];
    if (typeof predicate !== 'function') throw new TypeError(`the manager has no method ${filter.predicate} any more`);
    return (await predicate.call(manager, event)) === true;
  }
  const facts = (typeof event === 'object' && event !== null ? event : {}) as Readonly<Record<string, unknown>>;
  return Object.entries(filter.match).every(([name, value]) => Object.hasOwn(facts, name) && facts[name] === value);
}
