import type { Type } from '@nestjs/common';
import { actorContext, CLASS_CHECK, declaredMetadata, declareMetadata, lineageOf, State } from '#core';
import { InvalidBehaviorError, InvalidSubscriptionError } from '../errors';
import { addMessage, memberOf } from '../taken-names';
import { checkHandler, checkSubscription, MAX_SUBSCRIPTIONS } from './check-subscription';
import { deliver, refOf } from './deliver';
import type { Subscription, SyncReport } from './subscription';

const FIELD = 'eventHandlers';
const MESSAGES = ['addHandler', 'removeHandler', 'handlers', 'notify', 'syncNotify'] as const;
const TAKEN = Symbol.for('plexspaces:event-manager-taken');

type Manager = Record<typeof FIELD, readonly Subscription[] | undefined>;

/**
 * Makes an actor class an event manager: handlers of other actors are added and removed while it runs, and each event goes to
 * those whose filter takes it. Who is subscribed is part of its state. One handler that fails does not hurt the others: each
 * event is a message of its own to each of them. `notify` tells them with its commit, and waits only for those whose failure is
 * to remove them; `syncNotify` waits for all that can be asked, and says what came of it. All that are waited for get the event
 * at the same time, and each has its own `timeout`.
 *
 * A class adds methods for `filter: { predicate }` as it likes. Typed refs: {@link EventManaging}.
 * @publicApi
 */
export function EventManager(): ClassDecorator {
  return (target) => {
    const cls = target as unknown as Type<object>;
    const prototype = cls.prototype as object;
    const taken = MESSAGES.filter((name) => memberOf(prototype, name) !== undefined);
    declareMetadata(TAKEN, cls, taken);
    declareMetadata(CLASS_CHECK, cls, checkManager);
    State()(prototype, FIELD);
    addMessage(prototype, 'addHandler', {}, function (this: Manager, subscription) {
      return addHandler(this, subscription);
    });
    addMessage(prototype, 'removeHandler', {}, function (this: Manager, id) {
      const before = subscriptions(this);
      this[FIELD] = before.filter((subscription) => subscription.id !== id);
      return this[FIELD].length < before.length;
    });
    addMessage(prototype, 'handlers', { readOnly: true }, function (this: Manager) {
      return subscriptions(this);
    });
    addMessage(prototype, 'notify', { only: 'tell' }, async function (this: Manager, event) {
      await publish(this, event, ({ onFailure }) => onFailure === 'remove');
    });
    addMessage(prototype, 'syncNotify', {}, function (this: Manager, event) {
      return publish(this, event, () => true);
    });
  };
}

/** @throws InvalidBehaviorError */
function checkManager(cls: Type<object>): void {
  const taken = lineageOf(cls).flatMap((ancestor) => declaredMetadata<readonly string[]>(TAKEN, ancestor).flat());
  if (taken.length === 0) return;
  const problems = taken.map((name) => `its member ${name} has the name of a message of the event manager's own`);
  throw new InvalidBehaviorError(cls.name, 'EventManager', problems);
}

function subscriptions(manager: Manager): readonly Subscription[] {
  return manager[FIELD] ?? [];
}

function addHandler(manager: Manager, subscription: unknown): string {
  checkSubscription(manager, subscription);
  checkHandler(subscription, refOf(subscription).typed.cls.definition.handlers);
  const others = subscriptions(manager).filter(({ id }) => id !== subscription.id);
  if (others.length >= MAX_SUBSCRIPTIONS)
    throw new InvalidSubscriptionError('id', `is one too many: there are ${MAX_SUBSCRIPTIONS}`);
  manager[FIELD] = [...others, subscription];
  return subscription.id;
}

async function publish(
  manager: Manager,
  event: unknown,
  waitsFor: (subscription: Subscription) => boolean,
): Promise<SyncReport> {
  const report = await deliver(manager, subscriptions(manager), event, waitsFor);
  const removed = new Set(report.failed.filter((failure) => failure.removed).map(({ id }) => id));
  if (removed.size > 0) manager[FIELD] = subscriptions(manager).filter(({ id }) => !removed.has(id));
  for (const { id, error, removed: isGone } of report.failed)
    actorContext().log.warn(`handler ${id} failed${isGone ? ' and was removed' : ''}: ${error}`);
  return report;
}
