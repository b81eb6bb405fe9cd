import type { Env } from '#spi';
import { NodeStoppingError } from '../errors';
import type { Activation } from './activation';

/** Lets every activation finish what it has, for `limitMs` in all; then those still busy are cut off. */
export async function drainActivations(env: Env, list: () => Activation[], limitMs: number): Promise<void> {
  let timeIsUp = false;
  const limit = new Promise<void>((resolve) => {
    env.schedule(() => {
      timeIsUp = true;
      resolve();
    }, limitMs);
  });
  while (!timeIsUp) {
    const activations = list();
    if (activations.length === 0) return;
    await Promise.race([Promise.all(activations.map(drainOne)), limit]);
    await new Promise<void>((resolve) => env.immediate(resolve)); // rounds of microtasks alone would never see the limit
  }
  for (const activation of list()) activation.abandon(new NodeStoppingError(activation.address.encoded));
}

/** A turn may send to an actor that was just given up, so the round is repeated until nobody is left. */
async function drainOne(activation: Activation): Promise<void> {
  await activation.whenIdle();
  if (activation.isHeld) {
    activation.abandon(new NodeStoppingError(activation.address.encoded));
    return;
  }
  // A message may have come since it was idle; the next round waits for that.
  if (!activation.released && activation.isIdle) await activation.passivate('shutdown');
}
