import { type PlexSpacesError, isPlexSpacesError } from '#spi';
import { ActorFailedError } from '../errors';
import type { Activation } from './activation';
import { CREATE } from './system-messages';

/** An opening has failed. Where it was a supervisor's start what waits does so for the next; else it is told. */
export function openLater(host: Activation, error: Error): void {
  const { actorId, mailbox, system } = host;
  const isStart = system.supervision.childOf(actorId)?.status === 'starting';
  const waiting = isStart ? mailbox.drop(({ handler }) => handler !== CREATE) : [];
  host.failAll(mailbox.takeAll(), error);
  for (const message of waiting) system.deliver(message);
}

export function openingError(actor: string, error: unknown): PlexSpacesError {
  return isPlexSpacesError(error) ? error : new ActorFailedError(actor, 'activation', { cause: error });
}
