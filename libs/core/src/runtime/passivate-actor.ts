import { failpoint } from '#spi';
import { activateHooks } from '../facet/facet-lifecycle';
import type { Activation } from './activation';
import { leaveInstance } from './activation-hooks';

/** The instance is given up and the actor leaves memory, unless a message comes meanwhile. */
export async function passivateActor(host: Activation, reason: 'idle' | 'limit' | 'shutdown'): Promise<void> {
  host.closeLine();
  failpoint('passivate.before');
  await leaveInstance(host);
  failpoint('passivate.beforeFlush');
  await host.finishWriting();
  failpoint('passivate.afterFlush');
  if (host.waiting > 0) {
    host.renewThen(() => void reactivate(host)); // its hooks have run, so a new instance is needed
    return;
  }
  host.release('passive');
  host.become('Inactive', reason);
}

async function reactivate(host: Activation): Promise<void> {
  try {
    await activateHooks(host.chain.facets, host);
  } catch (error) {
    host.failOpening(error);
    return;
  }
  host.turnEnded();
}
