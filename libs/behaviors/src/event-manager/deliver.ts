import { actorContext, type UntypedRef } from '#core';
import { DEFAULT_TIMEOUT, isOnlyTold } from './check-subscription';
import { type Subscription, type SyncReport, takes } from './subscription';

/** What came of one subscriber and one event. */
interface Outcome {
  readonly subscription: Subscription;
  readonly error: string | null;
}

/**
 * Brings an event to those who take it. Whatever goes wrong with one of them, its filter included, is its own failure: the
 * others get the event all the same.
 * @param waitsFor who is asked, all at the same time, unless it can only be told; the others are told with the commit
 */
export async function deliver(
  manager: object,
  subscriptions: readonly Subscription[],
  event: unknown,
  waitsFor: (subscription: Subscription) => boolean,
): Promise<SyncReport> {
  const refused: Outcome[] = [];
  const askable: Subscription[] = [];
  const tellable: Subscription[] = [];
  for (const subscription of subscriptions) {
    try {
      if (await takes(manager, subscription, event))
        (waitsFor(subscription) && canBeAsked(subscription) ? askable : tellable).push(subscription);
    } catch (error) {
      refused.push({ subscription, error: messageOf(error) });
    }
  }
  const asked = await Promise.all(askable.map((taker) => ask(taker, event)));
  const told: Outcome[] = [];
  for (const taker of tellable) told.push(await tell(taker, event));
  const outcomes = [...refused, ...asked, ...told];
  const inOrder = subscriptions.flatMap(({ id }) => outcomes.filter((outcome) => outcome.subscription.id === id));
  return {
    delivered: inOrder.filter(({ error }) => error === null).map(({ subscription }) => subscription.id),
    failed: inOrder.flatMap(({ subscription: { id, onFailure }, error }) =>
      error === null ? [] : [{ id, error, removed: onFailure === 'remove' }],
    ),
  };
}

function ask(subscription: Subscription, event: unknown): Promise<Outcome> {
  return outcomeOf(subscription, async () => {
    const { handler, timeout = DEFAULT_TIMEOUT } = subscription;
    await refOf(subscription).with({ timeout }).ask(handler, event);
  });
}

function tell(subscription: Subscription, event: unknown): Promise<Outcome> {
  return outcomeOf(subscription, () => refOf(subscription).tell(subscription.handler, event));
}

async function outcomeOf(subscription: Subscription, send: () => Promise<void>): Promise<Outcome> {
  try {
    await send();
    return { subscription, error: null };
  } catch (error) {
    return { subscription, error: messageOf(error) };
  }
}

/** @throws UnknownActorTypeError */
function canBeAsked(subscription: Subscription): boolean {
  return !isOnlyTold(subscription.handler, refOf(subscription).typed.cls.definition.handlers);
}

export function refOf({ type, key }: Pick<Subscription, 'type' | 'key'>): UntypedRef {
  return actorContext().actorOfType(type, key);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
