import type { Dispatch } from '#core';
import type { Place } from './machine-state';
import { handleEvent, handleOther, handleTimeout, isEvent } from './run-machine';

/** What a message to a machine is: one of its own, an event, or one that its class handles beside them. */
export const dispatchMessage: Dispatch = (self, { handler, args, isPlanned, call }) => {
  const { name, reentrant } = handler;
  const handle = (message: string, given: readonly unknown[], place: Place | null): unknown => {
    if (isEvent(self, message)) return handleEvent(self, message, given, place);
    return handleOther(self, message, given, place, () => call(message, given));
  };
  if (name === 'fsmAgain') {
    const [event, given, place] = args as readonly [string, readonly unknown[], Place];
    return handle(event, given, place);
  }
  if (name === 'fsmTimeout') {
    const [kind, generation, place] = args as readonly ['state' | 'event', number, Place?];
    return handleTimeout(self, kind, generation, place);
  }
  // Nobody has sent a tick, so it is behind nothing; a reentrant call passes whatever is in line.
  if ((isPlanned || reentrant) && !isEvent(self, name)) return call(name, args);
  return handle(name, args, null);
};
