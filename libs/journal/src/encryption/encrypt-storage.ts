import {
  type CheckpointRecord,
  type CheckpointStorage,
  type EntryRecord,
  type InboxRow,
  type InboxStorage,
  type JournalStorage,
  type PersistentStorage,
  type Storage,
} from '#spi';
import { PlainRecordError } from '../errors';
import type { Keyring } from './keyring';
import { type RecordPlace, isSealed, seal, unseal } from './sealed-record';
import { encryptCallerTransactions, encryptTransactions } from './encrypt-transactions';
import { sealEntries, sealWrite, unsealOutcome, unsealRow } from './sealed-writes';

/** Every member, the optional ones too: one that is added to a port must be thought about here, or does not compile. */
type Whole<Port> = { readonly [Member in keyof Required<Port>]: Port[Member] };

/**
 * `storage` with everything that carries values encrypted (AES-256-GCM): entries, messages, answers, what turns send,
 * checkpoints. The one place where this happens: whoever reads or writes through the result, a runtime or a script,
 * sees what was written. In the clear stay actor ids, message ids, times, counts, sizes, states of messages, key ids,
 * head rows, and the application's own rows.
 *
 *  E1. A record opens only in its place: its actor, its sequence number or message id, its column.
 *  E2. A record in the clear is refused, unless the ring accepts such; then at least none may follow a sealed one
 *      within one reading of a journal.
 *  E3. New records are sealed with the current key; every key of the ring opens.
 *  E4. What cannot be opened concerns its actor alone: a flush reports it as the outcome of that one write.
 * @publicApi
 */
export function encryptStorage(storage: Storage, ring: Keyring): Storage {
  const whole: Whole<Storage> = {
    journal: encryptJournal(storage.journal, ring),
    inbox: encryptInbox(storage.inbox, ring),
    checkpoints: encryptCheckpoints(storage.checkpoints, ring),
    leases: storage.leases,
    openedWith: storage.openedWith ?? {},
    // Given to the store after it was opened.
    get rows() {
      return storage.rows;
    },
    get callerTransactions() {
      return storage.callerTransactions && encryptCallerTransactions(storage.callerTransactions, ring);
    },
    get transactions() {
      return storage.transactions && encryptTransactions(storage.transactions, ring);
    },
  };
  return whole as Storage;
}

function encryptJournal(journal: JournalStorage, ring: Keyring): JournalStorage {
  const whole: Whole<JournalStorage> = {
    name: journal.name,
    capabilities: journal.capabilities,
    async flush(writes) {
      const outcomes = journal.flush(writes.map((write) => sealWrite(ring, write))); // J9: before the first await
      return (await outcomes).map((outcome) => unsealOutcome(ring, outcome));
    },
    head: (actor) => journal.head(actor),
    read: (actor, afterSeq, throughSeq) => unsealPages(ring, actor, journal.read(actor, afterSeq, throughSeq)),
    truncate: (actor, throughSeq) => journal.truncate(actor, throughSeq),
    actors: (prefix, after, limit) => journal.actors(prefix, after, limit),
    purge: (actors) => journal.purge(actors),
    restore: (actor, entries, head) => journal.restore(actor, sealEntries(ring, actor, entries), head),
    close: () => journal.close(),
  };
  return whole;
}

async function* unsealPages(
  ring: Keyring,
  actor: string,
  pages: AsyncIterable<readonly EntryRecord[]>,
): AsyncGenerator<readonly EntryRecord[]> {
  let sealedBefore = false;
  for await (const page of pages) {
    yield page.map(({ seq, bytes }) => {
      const isSealedNow = isSealed(bytes);
      if (sealedBefore && !isSealedNow) throw new PlainRecordError(actor, `Entry ${seq}`); // E2
      sealedBefore = isSealedNow;
      return { seq, bytes: unseal(ring, { what: 'Entry', actor, at: seq }, bytes) };
    });
  }
}

function encryptInbox(inbox: InboxStorage, ring: Keyring): InboxStorage {
  const unsealed = (rows: readonly InboxRow[]): InboxRow[] => rows.map((row) => unsealRow(ring, row));
  const whole: Whole<InboxStorage> = {
    async find(actor, id) {
      const row = await inbox.find(actor, id);
      return row === null ? null : unsealRow(ring, row);
    },
    pending: async (actor) => unsealed(await inbox.pending(actor)),
    parked: async (actor) => unsealed(await inbox.parked(actor)),
    actorsParked: (prefix, after, limit) => inbox.actorsParked(prefix, after, limit),
    done: async (actor, after, limit) => unsealed(await inbox.done(actor, after, limit)),
    due: (atMs, limit) => inbox.due(atMs, limit),
    nextDue: (afterMs) => inbox.nextDue(afterMs),
    sweep: (nowMs, limit) => inbox.sweep(nowMs, limit),
  };
  return whole;
}

function encryptCheckpoints(checkpoints: CheckpointStorage, ring: Keyring): CheckpointStorage {
  const placeOf = ({ actor, seq }: CheckpointRecord): RecordPlace => ({ what: 'Checkpoint', actor, at: seq });
  const whole: Whole<CheckpointStorage> = {
    name: checkpoints.name,
    save: (record, keep) => checkpoints.save({ ...record, bytes: seal(ring, placeOf(record), record.bytes) }, keep),
    async latest(actor, throughSeq) {
      const record = await checkpoints.latest(actor, throughSeq);
      return record === null ? null : { ...record, bytes: unseal(ring, placeOf(record), record.bytes) };
    },
    list: (actor) => checkpoints.list(actor),
    purge: (actor) => checkpoints.purge(actor),
    close: () => checkpoints.close(),
  };
  return whole;
}

/** The same for snapshots of actors without a journal. @publicApi */
export function encryptSnapshots(storage: PersistentStorage, ring: Keyring): PersistentStorage {
  const placeOf = (actor: string): RecordPlace => ({ what: 'Snapshot', actor, at: '' });
  const whole: Whole<PersistentStorage> = {
    async tryRead(actor) {
      const bytes = await storage.tryRead(actor);
      return ArrayBuffer.isView(bytes) ? unseal(ring, placeOf(actor), bytes) : bytes;
    },
    tryWrite: async (actor, bytes) => storage.tryWrite(actor, seal(ring, placeOf(actor), bytes)),
  };
  return whole;
}
