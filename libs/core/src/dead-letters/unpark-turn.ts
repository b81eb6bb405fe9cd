import { type ErrorRecord, toErrorRecord } from '#journal';
import { CorruptRecordError, type InboxChange, type InboxRow, failpoint } from '#spi';
import { type Delegation, delegationOf, isForgotten } from '../deferred/delegation';
import type { LateReply } from '../deferred/turn-replies';
import { MessageDiscardedError, MessageNotParkedError } from '../errors';
import { encodeError } from '../runtime/answer-codec';
import type { DurableActivation } from '../runtime/durable-activation';
import type { Message } from '../runtime/message';
import { readEnvelope } from '../runtime/message-codec';
import type { SystemPort } from '../runtime/system-port';
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
  const commit =
    ({ changes, owed }: Decided) =>
    (): void => {
      failpoint('unpark.beforeCommit');
      host.runner.commitChange(message, undefined, [], changes, owed);
    };
  host.runner.held.over(message, decide(host, message).then(commit, refuse), (goOn) => goOn());
}

interface Decided {
  readonly changes: readonly InboxChange[];
  /** Answers to other messages that nothing else gives any more. */
  readonly owed: readonly LateReply[];
}

async function decide(host: DurableActivation, { args, handler }: Message): Promise<Decided> {
  const [id, detail] = args as [string, unknown];
  await host.line.whenDurable(); // an earlier one may be about the same row
  const { inbox } = host.system.storage;
  const row = await inbox.find(host.actorId, id);
  if (row?.state !== 'parked') throw new MessageNotParkedError(host.actorId, id, row?.state ?? 'unknown');
  const now = host.env.now();
  if (handler === REVIVE)
    return { changes: [{ op: 'revive', id, row: revivedRow(row, detail as Revival, now) }], owed: [] };
  const error = toErrorRecord(new MessageDiscardedError(host.actorId, id, String(detail)));
  const changes = discarding(row, error, now, now + host.system.options.dedupe.keysMs);
  return { changes, owed: owedBy(row, error, host.system) };
}

/** Its repeats are told so for as long as any answer is kept. */
export function discarding(row: InboxRow, error: ErrorRecord, now: number, expiresAt: number): readonly InboxChange[] {
  const { actor, id, argsHash, attempts } = row;
  const message = row.message ?? new Uint8Array();
  return [
    { op: 'revive', id, row: { actor, id, argsHash, message, attempts, dueAt: now } },
    { op: 'done', id, argsHash, answer: encodeError(row, error), expiresAt, fresh: false },
  ];
}

/**
 * The message was sent to answer another one (`with({ replyTo })`): who asked that hears what has become of it. One that
 * cannot be read says nothing about that, and can be discarded all the same: nothing else is left to do about it.
 * @throws EncryptionKeyMissingError
 */
export function owedBy(
  row: InboxRow,
  error: ErrorRecord,
  { logger, env, options }: Pick<SystemPort, 'logger' | 'env' | 'options'>,
): readonly LateReply[] {
  let delegation: Delegation | null;
  try {
    delegation = row.message === null ? null : delegationOf({ system: readEnvelope(row)[7] });
  } catch (unreadable) {
    if (!(unreadable instanceof CorruptRecordError)) throw unreadable;
    logger.error(`Message ${row.id} is discarded unread, and any answer that it owed with it: ${unreadable.message}`);
    return [];
  }
  if (delegation === null || isForgotten(delegation, options.dedupe.keysMs, env.now())) return [];
  return [{ messageId: delegation.replyTo, since: delegation.since, ending: { kind: 'error', error } }];
}
