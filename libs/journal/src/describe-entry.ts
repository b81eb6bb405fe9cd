import { decodePayload } from './codec/payload-codec';
import type { JournalEntry } from './entries/journal-entry';
import { loadValue } from './state/stored-value';

/** An entry as a person or a JSON document shows it: what is encoded in it decoded. @publicApi */
export type DescribedEntry = Readonly<Record<string, unknown>> &
  Pick<JournalEntry, 'actor' | 'seq' | 'id' | 'time' | 'correlationId' | 'kind'>;

/** Decodes payloads, results and changed values of `entry`, for looking at. @throws CorruptRecordError @publicApi */
export function describeEntry(entry: JournalEntry): DescribedEntry {
  switch (entry.kind) {
    case 'MessageReceived':
    case 'MessageSent':
      return { ...entry, payload: decodePayload(entry.payload) };
    case 'SideEffectExecuted':
    case 'MessageProcessed':
      return { ...entry, result: entry.result === null ? null : decodePayload(entry.result) };
    case 'StateChanged': {
      const { values, deltas, removed } = entry.changes;
      const decoded = Object.fromEntries(Object.entries(values).map(([slot, stored]) => [slot, loadValue(stored)]));
      return { ...entry, changes: { values: decoded, deltas: describeDeltas(deltas), removed } };
    }
    case 'FacetAttached':
      return { ...entry, config: decodePayload(entry.config) };
    default:
      return { ...entry };
  }
}

function describeDeltas(
  deltas: Extract<JournalEntry, { kind: 'StateChanged' }>['changes']['deltas'],
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(deltas).map(([slot, { ops }]) => [
      slot,
      ops.map(([op, ...operands]) => [op, ...operands.map(loadValue)]),
    ]),
  );
}
