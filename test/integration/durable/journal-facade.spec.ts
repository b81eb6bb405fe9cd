import {
  CheckpointAheadError,
  CorruptRecordError,
  Journal,
  type JournalEntry,
  JournalSequenceError,
  MemoryStorage,
  NoCheckpointStoreError,
  StoreClosedError,
  VersionConflictError,
} from 'plexspaces';
import { StateImage } from '#journal';
import { failureOf } from './gate';

const encoder = new TextEncoder();

function received(seq: number, messageId = `m${seq}`): JournalEntry {
  return {
    kind: 'MessageReceived',
    id: `01J0000000000000000000${String(seq).padStart(4, '0')}`,
    actor: 'actor-123',
    seq,
    time: 1_700_000_000_000 + seq,
    correlationId: 'corr-1',
    messageId,
    sender: '',
    causationId: '',
    method: 'test',
    payload: encoder.encode('x'),
    headers: {},
    principal: '',
  };
}

describe('the journal as a library', () => {
  let storage: MemoryStorage;
  let journal: Journal;

  beforeEach(() => {
    storage = new MemoryStorage();
    journal = new Journal(storage);
  });

  it('[JR01] an appended entry is replayed as it was; one with the wrong sequence is refused and leaves nothing', async () => {
    await journal.appendEntry(received(1));
    for (const wrong of [0, 1, 3]) {
      const error = await failureOf(journal.appendEntry(received(wrong)));
      expect(error).toBeInstanceOf(JournalSequenceError);
      expect(error).toMatchObject({ given: wrong, expected: 2 });
    }
    await journal.appendEntry(received(2));
    expect(await journal.replayFrom('actor-123', 0).toArray()).toEqual([received(1), received(2)]);
  });

  it('[JR01] of two that append the same next entry one wins and the other is told', async () => {
    const outcomes = await Promise.allSettled([
      journal.appendEntry(received(1, 'a')),
      journal.appendEntry(received(1, 'b')),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await journal.replayFrom('actor-123', 0).toArray()).toHaveLength(1);
  });

  it('[JR02] replay starts at the sequence given, inclusive, in order; an unknown actor has none', async () => {
    for (let seq = 1; seq <= 5; seq++) await journal.appendEntry(received(seq));
    const seqs = async (from: number, through?: number): Promise<number[]> =>
      (await journal.replayFrom('actor-123', from, through).toArray()).map(({ seq }) => seq);
    expect(await seqs(0)).toEqual([1, 2, 3, 4, 5]);
    expect(await seqs(1)).toEqual([1, 2, 3, 4, 5]);
    expect(await seqs(3)).toEqual([3, 4, 5]);
    expect(await seqs(2, 4)).toEqual([2, 3, 4]);
    expect(await seqs(6)).toEqual([]);
    expect(await journal.replayFrom('nobody', 0).toArray()).toEqual([]);
  });

  it('[JR03] [JR04] [JR08] a checkpoint is read back as it was saved; an older one saved later is not the latest', async () => {
    for (let seq = 1; seq <= 3; seq++) await journal.appendEntry(received(seq));
    expect(await journal.getLatestCheckpoint('actor-123')).toBeNull();
    const at = (seq: number, value: number) => ({
      actor: 'actor-123',
      seq,
      time: 1_700_000_000_123,
      schema: 1,
      image: StateImage.of({ value, list: [value, 'x'] }),
      activation: null,
    });
    await journal.saveCheckpoint(at(3, 30));
    await journal.saveCheckpoint(at(2, 20));
    const latest = await journal.getLatestCheckpoint('actor-123');
    expect(latest).toMatchObject({ actor: 'actor-123', seq: 3, time: 1_700_000_000_123, schema: 1 });
    expect(latest!.image.toObject()).toEqual({ value: 30, list: [30, 'x'] });
  });

  it('[JR04] a checkpoint ahead of its journal is refused; without a checkpoint store saving says so', async () => {
    await journal.appendEntry(received(1));
    const ahead = { actor: 'actor-123', seq: 2, time: 0, schema: 1, image: new StateImage(), activation: null };
    expect(await failureOf(journal.saveCheckpoint(ahead))).toBeInstanceOf(JournalSequenceError);
    expect(await failureOf(new Journal(storage.journal).saveCheckpoint({ ...ahead, seq: 1 }))).toBeInstanceOf(
      NoCheckpointStoreError,
    );
  });

  it('[JR32] a closed store, a conflict, a corrupt row and a checkpoint ahead are told apart by class and code', async () => {
    for (let seq = 1; seq <= 2; seq++) await journal.appendEntry(received(seq));
    const held = [...storage.tables.actors.values()][0]!;

    const corrupt = new Journal(new MemoryStorage(storage.tables));
    const intact = held.entries[1]!;
    held.entries[1] = {
      seq: 2,
      bytes: intact.bytes.map((byte, i) => (i === intact.bytes.length - 1 ? byte ^ 1 : byte)),
    };
    expect(await failureOf(corrupt.replayFrom('actor-123', 0).toArray())).toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    held.entries[1] = intact;

    const stale = { ...received(2) };
    expect(await failureOf(journal.appendEntry(stale))).toMatchObject({ code: 'PS_JOURNAL_SEQUENCE' });

    await journal.saveCheckpoint({
      actor: 'actor-123',
      seq: 2,
      time: 0,
      schema: 1,
      image: new StateImage(),
      activation: null,
    });
    held.entries.pop();
    held.head = { ...held.head, seq: 1 };
    expect(await failureOf(journal.getLatestCheckpoint('actor-123'))).toBeInstanceOf(CheckpointAheadError);

    await storage.close();
    expect(await failureOf(journal.append('actor-123', received(2)))).toBeInstanceOf(StoreClosedError);
    expect(
      new Set(
        [CheckpointAheadError, CorruptRecordError, StoreClosedError, VersionConflictError, JournalSequenceError].map(
          ({ name }) => name,
        ),
      ).size,
    ).toBe(5);
  });

  it('[JR32] an append that loses every race ends in a version conflict', async () => {
    const racing = new Journal({
      ...storage,
      journal: new Proxy(storage.journal, {
        get: (target, name) => {
          if (name !== 'head')
            return typeof target[name as 'flush'] === 'function'
              ? target[name as 'flush'].bind(target)
              : target[name as 'flush'];
          return async (actor: string) => {
            const { seq, ...head } = await target.head(actor);
            await new Journal(storage).append('actor-123', received(seq + 1));
            return { ...head, seq };
          };
        },
      }),
    });
    expect(await failureOf(racing.append('actor-123', received(1)))).toBeInstanceOf(VersionConflictError);
  });
});
