import { actorContext, DeferredReplyError, type MessageOptions, type UntypedRef } from '#core';
import { takePlace } from './in-order';
import { keep, kept, type MachineState, type Place, type Postponed } from './machine-state';

/** What was postponed leaves with the commit, as messages of the machine to itself, each a turn of its own. */
export async function sendAgain(self: object, events: readonly Postponed[]): Promise<void> {
  for (const { arrival, ...event } of events) {
    const { place, state } = takePlace(kept(self) as MachineState, arrival);
    keep(self, state);
    await tellAgain(event, place);
  }
}

/** The end of the message is the event's answer; where that is owed no more, since nobody can get it, the event is run all the same. */
export async function tellAgain(
  { event, args, token }: Omit<Postponed, 'arrival' | 'bytes'>,
  place: Place,
): Promise<void> {
  try {
    await toSelf({ replyTo: token }).tell('fsmAgain', event, args, place);
  } catch (error) {
    if (!(error instanceof DeferredReplyError) || !['expired', 'unknown'].includes(error.problem)) throw error;
    await toSelf({}).tell('fsmAgain', event, args, place);
  }
}

export function toSelf(options: MessageOptions): UntypedRef {
  const ctx = actorContext();
  return ctx.actorOfType(ctx.self.type, ctx.self.key).with(options);
}
