import type { DurableActivation } from './durable-activation';
import { attemptStep } from './steps';

/**
 * The running turn ends here, without a trace in state and with the records it has; its message runs again on them. That
 * start is none of the attempts that its retry policy allows: it did not fail.
 */
export function interruptTurn(host: DurableActivation, error: Error): boolean {
  const { env, line, runner } = host;
  const turn = runner.running;
  if (turn === null) return false;
  runner.interrupt(error);
  const message = turn.received;
  const history = [...turn.records.history]; // a late effect of this run is not among what is stored
  const pending = turn.records.takePending();
  runner.held.hold(message);
  const again = (): void => {
    if (!host.released) runner.held.unlessGone(message, () => host.begin(message, history));
  };
  if (message.row !== 'none' || pending.length > 0) line.append(attemptStep(message, pending, env.now(), env.now()));
  line.onDurable((refused) => {
    if (refused === null) host.renewThen(() => host.later(again, 0)); // else the refused step is the activation's to handle
  });
  return true;
}
