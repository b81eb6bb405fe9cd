import type { EntryHeader, JournalEntry, MessageProcessed, MessageReceived, MessageSent, StateChanges } from '#journal';

/** One completed turn as the journal has it. */
export interface TurnRecord {
  readonly received: EntryHeader & MessageReceived;
  readonly records: readonly JournalEntry[];
  readonly changes: StateChanges | null;
  readonly sends: readonly MessageSent[];
  readonly processed: MessageProcessed;
}

/** Sorts the entries of one turn; `null` for turns of the runtime itself. */
export function groupTurns(entries: readonly JournalEntry[]): TurnRecord | null {
  let received: (EntryHeader & MessageReceived) | null = null;
  let processed: MessageProcessed | null = null;
  let changes: StateChanges | null = null;
  const sends: MessageSent[] = [];
  const records: JournalEntry[] = [];
  for (const entry of entries) {
    switch (entry.kind) {
      case 'MessageReceived':
        received = entry;
        break;
      case 'MessageProcessed':
        processed = entry;
        break;
      case 'StateChanged':
        changes = entry.changes;
        break;
      case 'MessageSent':
        sends.push(entry);
        break;
      default:
        records.push(entry);
    }
  }
  if (received === null || processed === null || received.method.startsWith('$')) return null;
  return { received, records, changes, sends, processed };
}
