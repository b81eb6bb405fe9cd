import { encodeEntry, nextUlid, toErrorRecord } from '#journal';
import { type HeadRow, type InboxChange, type InboxRow, failpoint } from '#spi';
import { isAdvanceId } from '../planning/occurrence';
import { encodeError } from './answer-codec';
import type { DurableActivation } from './durable-activation';
import { changeInJson } from './json-rows';

/**
 * Messages that were accepted, or fell due, for an actor that is stopped for good or never was: parked, so that none is
 * lost silently; but for turns that would let a plan of the actor's own go on, which has ended with it.
 * @returns `reason`, for the caller to throw
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
  const lost = rows.filter((row) => !isAdvanceId(actor, row.id));
  const entries = lost.map((row, i) => {
    if (i > 0) id = nextUlid(id);
    return encodeEntry(
      { actor, id, time, correlationId: '' },
      { kind: 'MessageParked', messageId: row.id, attempts: row.attempts, cause },
      head.seq + 1 + i,
      system.options.codec,
    );
  });
  const inbox = rows.map((row): InboxChange => {
    const { id, argsHash } = row;
    const answer = encodeError(row, cause);
    const end: InboxChange = !isAdvanceId(actor, id)
      ? { op: 'parked', id, argsHash, answer, expiresAt: null, fresh: false }
      : { op: 'done', id, argsHash, answer, expiresAt: time + system.options.dedupe.clientIdsMs, fresh: false };
    return system.options.codec === 'json' ? changeInJson(actor, end) : end;
  });
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
