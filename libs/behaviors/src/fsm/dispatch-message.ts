import type { Dispatch } from '#core';
import type { Place } from './machine-state';
import { handleEvent, handleTimeout, isEvent } from './run-machine';

/** What a message to a machine is: one of its own, an event, or one that its class handles beside them. */
export const dispatchMessage: Dispatch = (self, { handler: { name }, args, call }) => {
  if (name === 'fsmAgain') {
    const [event, given, place] = args as readonly [string, readonly unknown[], Place];
    return handleEvent(self, event, given, place);
  }
  if (name === 'fsmTimeout') {
    const [kind, generation, place] = args as readonly ['state' | 'event', number, Place?];
    return handleTimeout(self, kind, generation, place);
  }
  return isEvent(self, name) ? handleEvent(self, name, args) : call(name, args);
};
