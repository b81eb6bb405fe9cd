import type { Activation } from './activation';
import type { Message } from './message';
import { PlainActivation } from './plain-activation';
import { CREATE } from './system-messages';

/**
 * Takes out of an activation that is about to be given up what waits in its line, and what is to start again. Its creation stays: that
 * was this activation's. A retry of an actor with a journal stands in the store.
 */
export function takeWaiting(activation: Activation): Message[] {
  const waiting = activation.mailbox.drop(({ handler }) => handler !== CREATE);
  const paused = activation instanceof PlainActivation ? activation.paused : null;
  if (paused === null || paused.handler === CREATE) return waiting;
  (activation as PlainActivation).paused = null;
  return [paused, ...waiting];
}
