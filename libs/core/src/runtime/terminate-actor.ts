import { failpoint } from '#spi';
import { ActorTerminatedError } from '../errors';
import type { Activation } from './activation';
import { leaveInstance } from './activation-hooks';
import type { Message } from './message';

/** The last turn of an actor is over, that of `$stop`: it leaves memory, and what stood behind it learns of that. */
export async function terminateActor(host: Activation, message: Message): Promise<void> {
  host.closeLine();
  await leaveInstance(host);
  await host.finishWriting();
  const { endures } = host;
  host.release('terminated');
  host.become('Terminated', 'stop');
  failpoint('terminate.beforeAnswer');
  const behind = host.mailbox.takeAll();
  if (!endures) host.failAll(behind, new ActorTerminatedError(host.actorId));
  message.answer(undefined);
  message.leave();
  if (endures) for (const next of behind) host.system.deliver(next); // it activates anew
}
