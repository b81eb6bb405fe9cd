import { type JournalEntry, decodeEntry } from '#journal';
import type { DueActor, Storage } from '#spi';
import { describeEntryShortly, nameOf } from './describe-write';

/** Actors whose journals are shown, and whose waiting messages are named. */
const MAX_ACTORS = 1_000;
/** Later than any message may be due. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

/** What is in the store: one line per entry, actor by actor. */
export async function journalLines(storage: Storage): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const [actor, entry] of allEntries(storage))
    lines.push(`${nameOf(actor)} ${entry.seq} ${describeEntryShortly(entry)}`);
  return lines;
}

/** A message that was given up. */
export interface ParkedMessage {
  readonly actor: string;
  readonly messageId: string;
  readonly reason: string;
}

export async function parkedMessages(storage: Storage): Promise<readonly ParkedMessage[]> {
  const parked: ParkedMessage[] = [];
  for await (const [actor, entry] of allEntries(storage))
    if (entry.kind === 'MessageParked')
      parked.push({ actor: nameOf(actor), messageId: entry.messageId, reason: entry.cause.message });
  return parked;
}

/** Actors with messages that are neither answered nor parked, due now or later. */
export function withWork({ inbox }: Storage): Promise<readonly DueActor[]> {
  return inbox.due(END_OF_TIME, MAX_ACTORS);
}

/** Names the messages that are still to be done, and what keeps them. */
export async function describeWork(storage: Storage): Promise<string> {
  const waiting: string[] = [];
  for (const { actor } of await withWork(storage)) {
    for (const { id, state, attempts } of await storage.inbox.pending(actor))
      waiting.push(`${nameOf(actor)} has message ${id} ${state} after ${attempts} counted attempts`);
  }
  return waiting.length === 0 ? 'the store has nothing left to do' : waiting.join('; ');
}

async function* allEntries({ journal }: Storage): AsyncGenerator<readonly [actor: string, entry: JournalEntry]> {
  for (const actor of await journal.actors('', '', MAX_ACTORS)) {
    for await (const page of journal.read(actor, 0))
      for (const record of page) yield [actor, decodeEntry(actor, record)];
  }
}
