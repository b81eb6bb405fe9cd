import { toErrorRecord } from '#journal';
import { type InboxChange, type InboxRow, failpoint } from '#spi';
import { MessageDiscardedError, MessageNotParkedError } from '../errors';
import { encodeError } from '../runtime/answer-codec';
import type { DurableActivation } from '../runtime/durable-activation';
import type { Message } from '../runtime/message';
import { REVIVE } from '../runtime/system-messages';
import { type Revival, revivedRow } from './revival';

/**
 * `$revive` and `$discard`: turns whose only change is that of the parked row, in the commit that ends them. So a retry that
 * dies half way has happened or has not; one that is repeated finds the row no longer parked.
 */
export function runUnparkTurn(host: DurableActivation, message: Message): void {
  const refuse = (error: unknown) => (): void => {
    message.fail(error);
    host.finished(message);
  };
  const commit = (changes: readonly InboxChange[]) => (): void => {
    failpoint('unpark.beforeCommit');
    host.runner.commitChange(message, undefined, [], changes);
  };
  host.runner.held.over(message, decide(host, message).then(commit, refuse), (goOn) => goOn());
}

async function decide(host: DurableActivation, { args, handler }: Message): Promise<readonly InboxChange[]> {
  const [id, detail] = args as [string, unknown];
  await host.line.whenDurable(); // an earlier one may be about the same row
  const { inbox } = host.system.storage;
  const row = await inbox.find(host.actorId, id);
  if (row?.state !== 'parked') throw new MessageNotParkedError(host.actorId, id, row?.state ?? 'unknown');
  const now = host.env.now();
  if (handler !== REVIVE) return discarding(row, String(detail), now, now + host.system.options.dedupe.keysMs);
  return [{ op: 'revive', id, row: revivedRow(row, detail as Revival, now) }];
}

/** Its repeats are told so for as long as any answer is kept. */
export function discarding(row: InboxRow, reason: string, now: number, expiresAt: number): readonly InboxChange[] {
  const { actor, id, argsHash, attempts } = row;
  const message = row.message ?? new Uint8Array();
  const answer = encodeError(row, toErrorRecord(new MessageDiscardedError(actor, id, reason)));
  return [
    { op: 'revive', id, row: { actor, id, argsHash, message, attempts, dueAt: now } },
    { op: 'done', id, argsHash, answer, expiresAt, fresh: false },
  ];
}
