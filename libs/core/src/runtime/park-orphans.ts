import { encodeEntry, nextUlid, toErrorRecord } from '#journal';
import { type HeadRow, type InboxRow, failpoint } from '#spi';
import { encodeError } from './answer-codec';
import type { DurableActivation } from './durable-activation';

/**
 * Messages that were accepted, or fell due, for an actor that is stopped for good or never was: parked, so that none is
 * lost silently. @returns `reason`, for the caller to throw
 */
export async function parkOrphans(
  host: DurableActivation,
  head: HeadRow,
  rows: readonly InboxRow[],
  reason: Error,
): Promise<Error> {
  if (rows.length === 0) return reason;
  const { system, address, cls, env } = host;
  const actor = address.encoded;
  const cause = toErrorRecord(reason);
  const time = env.now();
  let id = env.id();
  const entries = rows.map((row, i) => {
    if (i > 0) id = nextUlid(id);
    return encodeEntry(
      { actor, id, time, correlationId: '' },
      { kind: 'MessageParked', messageId: row.id, attempts: row.attempts, cause },
      head.seq + 1 + i,
    );
  });
  const inbox = rows.map((row) => ({
    op: 'parked' as const,
    id: row.id,
    argsHash: row.argsHash,
    answer: encodeError(cause),
    expiresAt: null,
    fresh: false,
  }));
  failpoint('orphans.beforePark');
  await new Promise<void>((resolve) =>
    system.writer.submit(
      {
        kind: 'append',
        actor,
        expected: { seq: head.seq, epoch: head.epoch },
        epoch: Math.max(1, head.epoch),
        writer: system.nodeId,
        schema: cls.definition.schema,
        status: head.status,
        entries,
        inbox,
        sends: [],
      },
      (outcome) => {
        if (outcome.kind !== 'committed')
          system.logger.error(
            `${rows.length} messages of ${actor}, which does not exist, could not be parked: ${outcome.kind}`,
          );
        resolve();
      },
    ),
  );
  failpoint('orphans.afterPark');
  return reason;
}
