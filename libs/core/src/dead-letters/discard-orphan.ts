import { toErrorRecord } from '#journal';
import { type InboxRow, StoreFailedError, VersionConflictError } from '#spi';
import { lateChange } from '../deferred/late-rows';
import { MessageDiscardedError } from '../errors';
import { changeInJson } from '../runtime/json-rows';
import type { SystemPort } from '../runtime/system-port';
import { discarding, owedBy } from './unpark-turn';

/** Of an actor that is stopped for good, or never was, or whose class is gone: it has no turns, so the row alone is changed, against its head (P10). */
export async function discardOrphan(system: SystemPort, row: InboxRow, reason: string): Promise<void> {
  const { actor } = row;
  const { seq, epoch, schema, status } = await system.storage.journal.head(actor);
  const now = system.env.now();
  const { keysMs } = system.options.dedupe;
  const error = toErrorRecord(new MessageDiscardedError(actor, row.id, reason));
  const owed = owedBy(row, error, system).map((reply) => lateChange(actor, reply, keysMs));
  const changes = [...discarding(row, error, now, now + keysMs), ...owed];
  const inbox = system.options.codec === 'json' ? changes.map((change) => changeInJson(actor, change)) : changes;
  const expected = { seq, epoch };
  const write = {
    kind: 'append',
    actor,
    expected,
    epoch,
    writer: system.nodeId,
    schema,
    status,
    entries: [],
    inbox,
    sends: [],
  } as const;
  await new Promise<void>((resolve, reject) =>
    system.writer.submit(write, (outcome) => {
      if (outcome.kind === 'committed') resolve();
      else if (outcome.kind === 'conflict') reject(new VersionConflictError(actor, expected, outcome.actual));
      else reject(new StoreFailedError('inbox', `it answered a discard with ${outcome.kind}`));
    }),
  );
}
