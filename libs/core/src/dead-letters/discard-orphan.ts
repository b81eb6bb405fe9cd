import { type InboxRow, StoreFailedError, VersionConflictError } from '#spi';
import { changeInJson } from '../runtime/json-rows';
import type { SystemPort } from '../runtime/system-port';
import { discarding } from './unpark-turn';

/** Of an actor that is stopped for good, or never was: it has no turns, so the row alone is changed, against its head (P10). */
export async function discardOrphan(system: SystemPort, row: InboxRow, reason: string): Promise<void> {
  const { actor } = row;
  const { seq, epoch, schema, status } = await system.storage.journal.head(actor);
  const now = system.env.now();
  const changes = discarding(row, reason, now, now + system.options.dedupe.keysMs);
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
