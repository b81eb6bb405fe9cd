import type { Type } from '@nestjs/common';
import { actorContext, Handle, State, type UntypedRef } from '#core';
import { type Subscription, type SyncReport, checkSubscription, takes } from './subscription';

const FIELD = 'eventHandlers';

type Manager = Record<typeof FIELD, readonly Subscription[] | undefined>;

/**
 * Makes an actor class an event manager: handlers of other actors are added and removed while it runs, and each event goes to
 * those whose filter takes it. Who is subscribed is part of its state. One handler that fails does not hurt the others: each
 * event is a message of its own to each of them. `notify` tells them with its commit, and waits only for those whose failure is
 * to remove them; `syncNotify` waits for all, one after another's start, and says what came of it.
 *
 * A class adds methods for `filter: { predicate }` as it likes. Typed refs: {@link EventManaging}.
 * @publicApi
 */
export function EventManager(): ClassDecorator {
  return (target) => {
    const cls = target as unknown as Type<object>;
    State()(cls.prototype as object, FIELD);
    message(cls, 'addHandler', {}, function (subscription) {
      return addHandler(this, subscription as Subscription);
    });
    message(cls, 'removeHandler', {}, function (id) {
      const before = subscriptions(this);
      this[FIELD] = before.filter((subscription) => subscription.id !== id);
      return this[FIELD].length < before.length;
    });
    message(cls, 'handlers', { readOnly: true }, function () {
      return subscriptions(this);
    });
    message(cls, 'notify', { only: 'tell' }, async function (event) {
      await deliver(this, event, ({ onFailure }) => onFailure === 'remove');
    });
    message(cls, 'syncNotify', {}, function (event) {
      return deliver(this, event, () => true);
    });
  };
}

function message(
  cls: Type<object>,
  name: string,
  options: Parameters<typeof Handle>[0],
  value: (this: Manager, ...args: unknown[]) => unknown,
): void {
  const descriptor: PropertyDescriptor = { value, writable: true, configurable: true, enumerable: false };
  const prototype = cls.prototype as object;
  Object.defineProperty(prototype, name, descriptor);
  Handle(options)(prototype, name, descriptor);
}

function subscriptions(manager: Manager): readonly Subscription[] {
  return manager[FIELD] ?? [];
}

function addHandler(manager: Manager, subscription: Subscription): string {
  checkSubscription(manager, subscription);
  refOf(subscription); // an unknown type is refused here, not at the first event
  const others = subscriptions(manager).filter(({ id }) => id !== subscription.id);
  manager[FIELD] = [...others, subscription];
  return subscription.id;
}

async function deliver(
  manager: Manager,
  event: unknown,
  waitsFor: (subscription: Subscription) => boolean,
): Promise<SyncReport> {
  const takers: Subscription[] = [];
  for (const subscription of subscriptions(manager))
    if (await takes(manager, subscription, event)) takers.push(subscription);
  const asked = await Promise.all(takers.filter(waitsFor).map((taker) => ask(taker, event)));
  for (const taker of takers.filter((candidate) => !waitsFor(candidate))) await refOf(taker).tell(taker.handler, event);
  const failed = asked.flatMap(({ taker: { id, onFailure }, error }) =>
    error === null ? [] : [{ id, error, removed: onFailure === 'remove' }],
  );
  const removed = new Set(failed.filter((failure) => failure.removed).map(({ id }) => id));
  if (removed.size > 0) manager[FIELD] = subscriptions(manager).filter(({ id }) => !removed.has(id));
  for (const { id, error, removed: isGone } of failed)
    actorContext().log.warn(`handler ${id} failed${isGone ? ' and was removed' : ''}: ${error}`);
  return { delivered: takers.map(({ id }) => id).filter((id) => !failed.some((failure) => failure.id === id)), failed };
}

async function ask(taker: Subscription, event: unknown): Promise<{ taker: Subscription; error: string | null }> {
  try {
    await refOf(taker).ask(taker.handler, event);
    return { taker, error: null };
  } catch (error) {
    return { taker, error: error instanceof Error ? error.message : String(error) };
  }
}

function refOf({ type, key, timeout }: Subscription): UntypedRef {
  const ref = actorContext().actorOfType(type, key);
  return timeout === undefined ? ref : ref.with({ timeout });
}
