import { failpoint } from '#spi';
import type { DurableTurn } from '../turn/durable-turn';
import type { DurableActivation } from './durable-activation';
import { attemptStep } from './steps';

/** The message of a failed turn starts again after `delayMs`, on a new instance; that is counted durably first (P7). */
export function retryTurn(host: DurableActivation, turn: DurableTurn, delayMs: number): void {
  const { env, line, runner } = host;
  const message = turn.received;
  message.attempts++;
  message.retryAt = env.now() + delayMs;
  runner.held.hold(message);
  const history = [...turn.records.history]; // a late effect of this run is not among what is stored
  failpoint('retry.beforeCount');
  line.append(attemptStep(message, turn.records.takePending(), message.retryAt, env.now()));
  const again = (): void => {
    if (host.released) return;
    runner.held.unlessGone(message, () => {
      failpoint('retry.beforeAttempt');
      runner.run(message, history);
    });
  };
  line.onDurable((error) => {
    if (error === null) host.renewThen(() => host.later(again, delayMs)); // else the refused step is the activation's to handle
  });
}
