import { type JournalEntry, decodeEntry } from '#journal';
import { type AppendWrite, type CheckpointRecord, type Write, decodeActorId } from '#spi';

const DEFAULT_SCOPE = 'default';

/** What one write stores, in words: `counter/c-1 seq 4–7 [SideEffectExecuted rate, StateChanged, …]`. */
export function describeWrite(write: Write): string {
  return write.kind === 'append'
    ? describeAppend(write)
    : `message ${write.row.id} in the inbox of ${nameOf(write.row.actor)}`;
}

export function describeWrites(writes: readonly Write[]): string {
  return writes.map(describeWrite).join(' and ');
}

export function describeCheckpoint({ actor, seq }: CheckpointRecord): string {
  return `the checkpoint of ${nameOf(actor)} at seq ${seq}`;
}

/** The kind of an entry, and of which message, effect or receiver it speaks. */
export function describeEntryShortly(entry: JournalEntry): string {
  const subject = subjectOf(entry);
  return subject === '' ? entry.kind : `${entry.kind} ${subject}`;
}

/** `type/key`, with the scope before it unless that is the default one. */
export function nameOf(actor: string): string {
  const { tenant, namespace, type, key } = decodeActorId(actor);
  const isDefault = tenant === DEFAULT_SCOPE && namespace === DEFAULT_SCOPE;
  return isDefault ? `${type}/${key}` : `${tenant}/${namespace}/${type}/${key}`;
}

function describeAppend({ actor, entries, expected, inbox, sends }: AppendWrite): string {
  const name = nameOf(actor);
  if (entries.length === 0) return `${name} [${inbox.map(({ op, id }) => `${op} ${id}`).join(', ')}]`;
  const first = expected.seq + 1;
  const last = expected.seq + entries.length;
  const seqs = first === last ? String(first) : `${first}–${last}`;
  const told = entries.map((entry) => describeEntryShortly(decodeEntry(actor, entry)));
  const sent = sends.length === 0 ? '' : ` with sends to ${sends.map((row) => nameOf(row.actor)).join(', ')}`;
  return `${name} seq ${seqs} [${told.join(', ')}]${sent}`;
}

function subjectOf(entry: JournalEntry): string {
  switch (entry.kind) {
    case 'ActivationStarted':
      return `epoch ${entry.epoch}`;
    case 'MessageReceived':
      return `${entry.method} ${entry.messageId}`;
    case 'SideEffectExecuted':
      return entry.error === null ? entry.name : `${entry.name} failed: ${entry.error.message}`;
    case 'MessageSent':
      return `${entry.method} to ${nameOf(entry.receiver)}`;
    case 'MessageProcessed':
      return entry.error === null ? entry.messageId : `${entry.messageId} failed: ${entry.error.message}`;
    case 'MessageParked':
      return `${entry.messageId} after ${entry.attempts} attempts: ${entry.cause.message}`;
    case 'TimerScheduled':
    case 'TimerFired':
      return String(entry.ordinal);
    case 'FacetAttached':
    case 'FacetDetached':
      return entry.name;
    case 'StateChanged': {
      const { values, deltas, removed } = entry.changes;
      return [...Object.keys(values), ...Object.keys(deltas), ...removed].join(' ');
    }
  }
}
