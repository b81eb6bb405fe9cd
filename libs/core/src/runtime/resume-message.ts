import type { OpenTurn } from '#journal';
import { failpoint } from '#spi';
import { ActorFailedError, OutcomeUnknownError } from '../errors';
import { MESSAGE_RETRY } from '../turn/retry-policy';
import { recallRecords } from '../dead-letters/recall-records';
import { isRevived } from '../dead-letters/revival';
import type { PendingEntry } from '../turn/effect-record';
import type { DurableActivation } from './durable-activation';
import type { Message } from './message';
import { attemptStep } from './steps';

/**
 * A message found in the store: some earlier activation accepted it, and may have started it. This start is counted
 * before it happens, so that a message that kills its process is parked in the end (P7).
 */
export function resumeMessage(host: DurableActivation, message: Message, open: OpenTurn | null): void {
  const { env } = host;
  const policy = message.handler.retry ?? MESSAGE_RETRY;
  // No longer than its policy would have it wait: the clock may have been put back since.
  const waitMs = message.attempts > 1 ? Math.min(message.dueAt - env.now(), policy.maxMs) : 0;
  if (waitMs > 0) return waitInLine(host, message, open, waitMs);
  // A message that was parked since then has its records behind it, in a turn that has ended.
  const history = message.opened && open?.received.messageId === message.id ? historyOf(open) : [];
  if (history.length === 0 && isRevived(message))
    return recallRecords(host, message, (records) => startCounted(host, message, open, records, records));
  startCounted(host, message, open, history, []);
}

/** @param unstored those of `history` that are not in the journal as this turn's yet */
function startCounted(
  host: DurableActivation,
  message: Message,
  open: OpenTurn | null,
  history: readonly PendingEntry[],
  unstored: readonly PendingEntry[],
): void {
  const { env, system, address } = host;
  const { maxAttempts } = message.handler.retry ?? MESSAGE_RETRY;
  // Accepting it counted a first start; without a record nobody knows whether that came, so one more is allowed.
  const limit = message.opened ? maxAttempts : Math.max(2, maxAttempts);
  if (message.attempts >= limit) {
    return host.runner.park(
      message,
      [],
      new ActorFailedError(
        address.encoded,
        `each of ${message.attempts} starts of ${message.handler.name}, which ended with its process`,
      ),
    );
  }
  const isOld = open !== null && history.length > 0 && !isRevived(message); // else an operator has taken it upon himself
  const begunAt = isOld ? open.received.time : env.now();
  if (env.now() - begunAt > system.options.dedupe.keysMs)
    return host.runner.park(message, [], new OutcomeUnknownError(address.encoded, message.id));
  message.attempts++;
  failpoint('resume.beforeCount');
  // Undone with a commit before it, the start is still to be counted, and its records still to be stored.
  const undone = (): void => {
    message.attempts--;
  };
  host.line.append({ ...attemptStep(message, unstored, env.now(), env.now()), undone });
  host.runner.held.whenSafe(message, () =>
    host.runner.held.unlessGone(message, () => {
      message.recovered = false;
      failpoint('resume.afterCount');
      host.begin(message, history);
    }),
  );
}

/** An earlier activation failed at it: the rest of its wait before the next start holds the line here as it did there. */
function waitInLine(host: DurableActivation, message: Message, open: OpenTurn | null, waitMs: number): void {
  const { held } = host.runner;
  held.hold(message);
  message.dueAt = 0;
  message.retryAt = host.env.now() + waitMs;
  host.later(() => {
    if (!host.released) held.unlessGone(message, () => resumeMessage(host, message, open));
  }, waitMs);
}

function historyOf({ received, records }: OpenTurn): PendingEntry[] {
  return [received, ...records].map((entry) => ({ body: entry, time: entry.time }));
}
