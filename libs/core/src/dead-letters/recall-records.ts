import { type ParkedTurn, findParkedTurn } from '#journal';
import type { DurableActivation } from '../runtime/durable-activation';
import type { Message } from '../runtime/message';
import type { PendingEntry } from '../turn/effect-record';

type Recalled = { readonly records: readonly PendingEntry[] } | { readonly error: unknown };

/**
 * A message that was parked starts again on what its last turn recorded (P6): `next` gets that, to be written once more as
 * the beginning of the new turn. Nothing, where an operator has let it start anew since. When the journal cannot be read the
 * activation ends, and the next one tries.
 */
export function recallRecords(
  host: DurableActivation,
  message: Message,
  next: (records: readonly PendingEntry[]) => void,
): void {
  const { journal } = host.system.storage;
  const read = findParkedTurn(journal, host.actorId, message.id).then(
    (turn): Recalled => ({ records: recordsOf(message, turn) }),
    (error: unknown): Recalled => ({ error }),
  );
  host.runner.held.over(message, read, (recalled) => {
    if ('error' in recalled) host.collapse(recalled.error, [message]);
    else next(recalled.records);
  });
}

function recordsOf({ trail }: Message, turn: ParkedTurn | null): PendingEntry[] {
  if (turn?.received?.causationId !== trail.causationId) return [];
  return [turn.received, ...turn.records].map((entry) => ({ body: entry, time: entry.time }));
}
