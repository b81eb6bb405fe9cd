import type { Activation } from './activation';

/** An error from outside ends the instance, as one of its own would; the message that runs is not to blame, and runs again. */
export function exitActor(activation: Activation, error: Error): void {
  if (activation.released || !activation.isUp || activation.reins?.isTight === true) return; // it is on its way out, or in
  const { isQuiet } = activation;
  activation.crash(error);
  if (isQuiet) return activation.renewThen(() => activation.turnEnded());
  const hadTurn = activation.interruptTurn(error);
  if (!hadTurn && activation.reins === null) activation.become('Active', 'restart'); // between two starts: a new instance is on its way anyway
}
