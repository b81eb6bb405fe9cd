import type { EntryRecord, JournalStorage } from '#spi';
import { decodeEntry, readTurnMark, verifyEntry } from './entries/entry-codec';
import type { EntryHeader, JournalEntry, MessageParked, MessageReceived } from './entries/journal-entry';

/** How a message came to be parked, as the journal has it. */
export interface ParkedTurn {
  readonly parked: EntryHeader & MessageParked;
  /** `null`: nothing was recorded before it was parked, or it has been truncated. */
  readonly received: (EntryHeader & MessageReceived) | null;
  /** What the turn did after that, in recorded order. */
  readonly records: readonly JournalEntry[];
}

/** Entries read at once, at first; doubled with each further step back. */
const WINDOW = 64;
const MAX_WINDOW = 4_096;

/**
 * The last time that the message was parked, or `null` where the journal does not know. Looks from the end backwards: what
 * it costs depends on how much has happened since, not on how old the actor is.
 * @throws CorruptRecordError
 */
export async function findParkedTurn(
  journal: JournalStorage,
  actor: string,
  messageId: string,
): Promise<ParkedTurn | null> {
  let parked: ParkedTurn['parked'] | null = null;
  const records: JournalEntry[] = [];
  const found = (received: ParkedTurn['received']): ParkedTurn | null =>
    parked === null ? null : { parked, received, records: received === null ? [] : records.reverse() };
  for await (const record of backwards(journal, actor)) {
    const kind = verifyEntry(actor, record);
    const isEnd = kind === 'MessageParked' || kind === 'MessageProcessed';
    if (parked === null) {
      if (kind !== 'MessageParked' || readTurnMark(actor, record, kind).messageId !== messageId) continue;
      parked = decodeEntry(actor, record) as ParkedTurn['parked'];
    } else if (isEnd) return found(null);
    else if (kind === 'MessageReceived') {
      const received = decodeEntry(actor, record) as EntryHeader & MessageReceived;
      return found(received.messageId === messageId ? received : null);
    } else if (kind !== 'ActivationStarted') records.push(decodeEntry(actor, record));
  }
  return found(null);
}

/** The kept entries, the last one first. */
async function* backwards(journal: JournalStorage, actor: string): AsyncGenerator<EntryRecord> {
  const { seq } = await journal.head(actor);
  for (let through = seq, size = WINDOW; through > 0; size = Math.min(2 * size, MAX_WINDOW)) {
    const after = Math.max(0, through - size);
    const window: EntryRecord[] = [];
    for await (const page of journal.read(actor, after, through)) window.push(...page);
    yield* window.reverse();
    if (window.length < through - after) return; // what was before that is truncated
    through = after;
  }
}
