import type { EntryView } from './evidence';

export interface JournaledEffect {
  readonly seq: number;
  readonly name: string;
  readonly result: unknown;
  /** What the outside world was given: equal in every attempt. */
  readonly idempotencyKey: string;
}

/** What the journal has about one message. */
export interface JournaledMessage {
  readonly id: string;
  readonly messageId: string;
  readonly received: number;
  readonly processed: number;
  /** Seq of the entry that ended it; 0 when none did. */
  readonly endSeq: number;
  readonly effects: readonly JournaledEffect[];
}

/** Gathers entries by the correlation id their message was sent with. */
export function journaledMessages(actor: string, entries: readonly EntryView[]): JournaledMessage[] {
  const groups = new Map<string, EntryView[]>();
  for (const entry of entries) {
    if (entry.correlationId === '') continue;
    const group = groups.get(entry.correlationId);
    if (group === undefined) groups.set(entry.correlationId, [entry]);
    else group.push(entry);
  }
  return [...groups].map(([id, group]) => gather(actor, id, group));
}

function gather(actor: string, id: string, entries: readonly EntryView[]): JournaledMessage {
  const ofKind = (kind: string): readonly EntryView[] => entries.filter((entry) => entry.kind === kind);
  const messageId = String(ofKind('MessageReceived')[0]?.['messageId']);
  const processed = ofKind('MessageProcessed');
  return {
    id,
    messageId,
    received: ofKind('MessageReceived').length,
    processed: processed.length,
    endSeq: processed.at(-1)?.seq ?? 0,
    effects: ofKind('SideEffectExecuted').map((entry) => ({
      seq: entry.seq,
      name: String(entry['name']),
      result: entry['result'],
      idempotencyKey: `${actor}/${messageId}/${String(entry['scope'])}/${String(entry['ordinal'])}`,
    })),
  };
}
