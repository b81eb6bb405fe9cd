import { actorContext, type UntypedRef } from '#core';
import { encodeActorId } from '#spi';
import { DEFAULT_TIMEOUT, isOnlyTold } from './check-subscription';
import { type Subscription, type SyncReport, takes } from './subscription';
import { isOfTurn, isPassing } from './whose-failure';

/** What came of one subscriber and one event. */
interface Outcome {
  readonly subscription: Subscription;
  /** `null`: it has the event. */
  readonly failure: Omit<SyncReport['failed'][number], 'id'> | null;
}

/**
 * Brings an event to those who take it. Whatever goes wrong with one of them, its filter included, is its own failure: the
 * others get the event all the same. What ends the manager's own turn is nobody's: it is thrown, and nobody is told.
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
        (canBeAsked(subscription) && waitsFor(subscription) ? askable : tellable).push(subscription);
    } catch (error) {
      refused.push(failed(subscription, error));
    }
  }
  const asks = new Set(askable.map(actorOf));
  // An ask leaves at once: those who are told come first, so that nobody is asked about what does not fit into the turn. But an
  // ask may not overtake a tell to the same actor.
  const outcomes = [
    ...refused,
    ...(await tellAll(
      event,
      tellable.filter((taker) => !asks.has(actorOf(taker))),
    )),
    ...(await Promise.all(askable.map((taker) => ask(taker, event)))),
    ...(await tellAll(
      event,
      tellable.filter((taker) => asks.has(actorOf(taker))),
    )),
  ];
  const inOrder = subscriptions.flatMap(({ id }) => outcomes.filter((outcome) => outcome.subscription.id === id));
  return {
    delivered: inOrder.filter(({ failure }) => failure === null).map(({ subscription }) => subscription.id),
    failed: inOrder.flatMap(({ subscription: { id }, failure }) => (failure === null ? [] : [{ id, ...failure }])),
  };
}

function ask(subscription: Subscription, event: unknown): Promise<Outcome> {
  return outcomeOf(subscription, async () => {
    const { handler, timeout = DEFAULT_TIMEOUT } = subscription;
    await refOf(subscription).with({ timeout, ifUndelivered: 'throw' }).ask(handler, event);
  });
}

async function tellAll(event: unknown, subscriptions: readonly Subscription[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const subscription of subscriptions)
    outcomes.push(await outcomeOf(subscription, () => refOf(subscription).tell(subscription.handler, event)));
  return outcomes;
}

async function outcomeOf(subscription: Subscription, send: () => Promise<void>): Promise<Outcome> {
  try {
    await send();
    return { subscription, failure: null };
  } catch (error) {
    return failed(subscription, error);
  }
}

/** @throws error, when it is the manager's own */
function failed(subscription: Subscription, error: unknown): Outcome {
  if (isOfTurn(error, encodeActorId(actorContext().self))) throw error;
  const message = error instanceof Error ? error.message : String(error);
  return {
    subscription,
    failure: { error: message, removed: subscription.onFailure === 'remove' && !isPassing(error) },
  };
}

function actorOf(subscription: Subscription): string {
  return refOf(subscription).actorId;
}

/** @throws UnknownActorTypeError */
function canBeAsked(subscription: Subscription): boolean {
  return !isOnlyTold(subscription.handler, refOf(subscription).typed.cls.definition.handlers);
}

export function refOf({ type, key }: Pick<Subscription, 'type' | 'key'>): UntypedRef {
  return actorContext().actorOfType(type, key);
}
