import {
  type AppendWrite,
  CorruptRecordError,
  type EntryRecord,
  type InboxChange,
  type InboxRow,
  type NewInboxRow,
  type Outcome,
  type PlexSpacesError,
  type Write,
  isPlexSpacesError,
} from '#spi';
import type { Keyring } from './keyring';
import { type RecordPlace, isSealed, seal, unseal } from './sealed-record';

// What becomes of one write, and of one inbox row that is read. The hash of the arguments would tell equal arguments
// apart from others and let short ones be guessed: it travels inside message and answer, and its column stays empty.

/** Everything in `write` that carries values, sealed; what stores go by stays. */
export function sealWrite(ring: Keyring, write: Write): Write {
  return write.kind === 'accept' ? { ...write, row: sealNewRow(ring, write.row) } : sealAppend(ring, write);
}

export function sealAppend(ring: Keyring, write: AppendWrite): AppendWrite {
  const { actor } = write;
  return {
    ...write,
    entries: sealEntries(ring, actor, write.entries),
    inbox: write.inbox.map((change) => sealChange(ring, actor, change)),
    sends: write.sends.map((row) => sealNewRow(ring, row)),
  };
}

export function sealEntries(ring: Keyring, actor: string, entries: readonly EntryRecord[]): EntryRecord[] {
  return entries.map(({ seq, bytes }) => ({ seq, bytes: seal(ring, { what: 'Entry', actor, at: seq }, bytes) }));
}

function sealChange(ring: Keyring, actor: string, change: InboxChange): InboxChange {
  switch (change.op) {
    case 'attempt':
      return change;
    case 'revive':
      return { ...change, row: sealNewRow(ring, change.row) };
    case 'open':
      return change.row === null ? change : { ...change, row: sealNewRow(ring, change.row) };
    default: {
      const { argsHash, answer } = change;
      return { ...change, argsHash: '', answer: sealHashed(ring, answerPlace(actor, change.id), argsHash, answer) };
    }
  }
}

export function sealNewRow(ring: Keyring, row: NewInboxRow): NewInboxRow {
  const message = sealHashed(ring, messagePlace(row.actor, row.id), row.argsHash, row.message);
  return { ...row, argsHash: '', message };
}

/** What became of a write: what cannot be opened concerns it alone. */
export function unsealOutcome(ring: Keyring, outcome: Outcome): Outcome {
  if (outcome.kind !== 'duplicate') return outcome;
  try {
    return { ...outcome, row: unsealRow(ring, outcome.row) };
  } catch (error) {
    if (!isPlexSpacesError(error)) throw error;
    return { kind: 'failed', reason: error.message, error: error satisfies PlexSpacesError };
  }
}

/** A row as it was given to {@link sealWrite}. @throws as `unseal` does */
export function unsealRow(ring: Keyring, row: InboxRow): InboxRow {
  const { actor, id } = row;
  const message = row.message === null ? null : unsealHashed(ring, messagePlace(actor, id), row, row.message);
  const answer = row.answer === null ? null : unsealHashed(ring, answerPlace(actor, id), row, row.answer);
  const { argsHash } = answer ?? message ?? row;
  return { ...row, argsHash, message: message?.bytes ?? null, answer: answer?.bytes ?? null };
}

interface Hashed {
  readonly argsHash: string;
  readonly bytes: Uint8Array;
}

const LENGTH = 4;

function sealHashed(ring: Keyring, place: RecordPlace, argsHash: string, bytes: Uint8Array): Uint8Array {
  const hash = Buffer.from(argsHash);
  const plain = Buffer.allocUnsafe(LENGTH + hash.length + bytes.length);
  plain.writeUInt32LE(hash.length);
  plain.set(hash, LENGTH);
  plain.set(bytes, LENGTH + hash.length);
  return seal(ring, place, plain);
}

function unsealHashed(ring: Keyring, place: RecordPlace, row: InboxRow, stored: Uint8Array): Hashed {
  const plain = unseal(ring, place, stored) as Buffer;
  if (!isSealed(stored)) return { argsHash: row.argsHash, bytes: plain };
  const end = plain.length < LENGTH ? Infinity : LENGTH + plain.readUInt32LE();
  if (end > plain.length)
    throw new CorruptRecordError(row.actor, `${place.what} ${row.id}`, 'it is not laid out as an encrypted one');
  return { argsHash: plain.toString('utf8', LENGTH, end), bytes: plain.subarray(end) };
}

function messagePlace(actor: string, at: string): RecordPlace {
  return { what: 'Message', actor, at };
}

function answerPlace(actor: string, at: string): RecordPlace {
  return { what: 'Answer of message', actor, at };
}
