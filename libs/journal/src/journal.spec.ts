import { type Env, InvalidActorIdError, type JournalStorage, SystemEnv, VersionConflictError } from '#spi';
import { MemoryStorage } from '#storage/memory';
import type { Checkpoint } from './checkpoint';
import { decodePayload, encodePayload } from './codec/payload-codec';
import type { EntryBody, JournalEntry } from './entries/journal-entry';
import { JournalSequenceError, NoCheckpointStoreError, TruncateRefusedError } from './errors';
import { Journal } from './journal';
import { recover } from './recovery';
import { StateImage } from './state/state-image';
import { StateMap } from './state/state-map';

const received = (messageId: string): EntryBody => ({
  kind: 'MessageReceived',
  messageId,
  sender: 'sender-123',
  causationId: '',
  method: 'test',
  payload: Buffer.from([1, 2, 3]),
  headers: { trace: 't' },
  principal: '',
});
const processed = (messageId: string): EntryBody => ({
  kind: 'MessageProcessed',
  messageId,
  result: null,
  error: null,
});
const changed = (values: Record<string, number>): EntryBody => ({
  kind: 'StateChanged',
  changes: { values, deltas: {}, removed: [] },
});

let storage: MemoryStorage;
let journal: Journal;
beforeEach(() => {
  storage = new MemoryStorage();
  journal = new Journal(storage);
});

async function writeTurns(actor: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await journal.append(actor, received(`m${n}`));
    await journal.append(actor, changed({ n }));
    await journal.append(actor, processed(`m${n}`));
  }
}

const checkpoint = (actor: string, seq: number, n: number): Checkpoint => ({
  actor,
  seq,
  time: seq,
  schema: 0,
  image: StateImage.of({ n }),
  activation: null,
});

describe('Journal', () => {
  it('is usable directly, as the reference shows it (EX10, JR01, JR05, JR06)', async () => {
    const env: Env = Object.assign(Object.create(new SystemEnv()) as Env, { now: () => 1_795_000_000_000 });
    const onMemory = new Journal(storage.journal, env);
    await onMemory.append('actor-123', received('msg-1'), { correlationId: 'corr-1' });
    const [entry, ...others] = await onMemory.replayFrom('actor-123', 0).toArray();
    expect(others).toEqual([]);
    expect(entry).toEqual({
      id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) as string,
      actor: 'actor-123',
      seq: 1,
      time: 1_795_000_000_000,
      correlationId: 'corr-1',
      ...received('msg-1'),
    });
  });

  it('takes entries that state their place, and no others (JR01)', async () => {
    const entry = (seq: number): JournalEntry => ({
      actor: 'actor-123',
      seq,
      id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
      time: 5,
      correlationId: 'c',
      ...received(`m${seq}`),
    });
    await journal.appendEntry(entry(1));
    for (const seq of [0, 1, 3]) await expect(journal.appendEntry(entry(seq))).rejects.toThrow(JournalSequenceError);
    await journal.appendEntry(entry(2));
    expect(await journal.replayFrom('actor-123', 0).toArray()).toEqual([entry(1), entry(2)]);
  });

  it('replays from a sequence number on, that one included (JR02, EX30)', async () => {
    await writeTurns('a', 2);
    const seqs = async (from: number, through?: number) => {
      const found: number[] = [];
      for await (const { seq } of journal.replayFrom('a', from, through)) found.push(seq);
      return found;
    };
    expect([await seqs(0), await seqs(1), await seqs(4), await seqs(2, 3), await seqs(7)]).toEqual([
      [1, 2, 3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
      [4, 5, 6],
      [2, 3],
      [],
    ]);
    expect(await journal.replayFrom('nobody', 0).toArray()).toEqual([]);
  });

  it('keeps actors apart, each numbered from 1, by whatever form of their id (JR28)', async () => {
    const id = { tenant: 't', namespace: 'n', type: 'cart', key: 'a/b' };
    await journal.append(id, received('m1'));
    await journal.append('a', received('m1'));
    const written = await journal.append('t/n/cart/a%2fb', processed('m1'));
    expect(written.seq).toBe(2);
    expect((await journal.replayFrom(id, 0).toArray()).map(({ seq, actor }) => [seq, actor])).toEqual([
      [1, 't/n/cart/a%2fb'],
      [2, 't/n/cart/a%2fb'],
    ]);
    expect(await journal.replayFrom('default/default/actor/a', 0).toArray()).toHaveLength(1);
    await expect(journal.append('a/b', received('m'))).rejects.toThrow(InvalidActorIdError);
  });

  it('appends behind whoever wrote meanwhile, and gives up only when it always loses', async () => {
    const { flush } = storage.journal;
    const rival = new Journal(Object.assign(Object.create(storage.journal) as JournalStorage, { flush }));
    let races = 3;
    jest.spyOn(storage.journal, 'flush').mockImplementation(async (writes) => {
      if (races-- > 0) await rival.append('a', received('theirs'));
      return flush.call(storage.journal, writes);
    });
    expect((await journal.append('a', received('m'))).seq).toBe(4);
    races = 100;
    await expect(journal.append('a', received('m'))).rejects.toThrow(VersionConflictError);
    expect(races).toBe(89);
  });

  it('keeps checkpoints: none before, the highest after, an older one never instead (JR03, JR04)', async () => {
    await writeTurns('a', 3);
    expect(await journal.getLatestCheckpoint('a')).toBeNull();
    await journal.saveCheckpoint(checkpoint('a', 6, 2), { compression: 'zstd' });
    await journal.saveCheckpoint(checkpoint('a', 3, 1));
    const { image, ...latest } = (await journal.getLatestCheckpoint('a'))!;
    expect(latest).toEqual({ actor: 'a', seq: 6, time: 6, schema: 0, activation: null });
    expect(image.toObject()).toEqual({ n: 2 });
    await expect(journal.saveCheckpoint(checkpoint('a', 10, 4))).rejects.toThrow(JournalSequenceError);
    const bare = new Journal(storage.journal);
    await expect(bare.saveCheckpoint(checkpoint('a', 6, 2))).rejects.toThrow(NoCheckpointStoreError);
    expect(await bare.getLatestCheckpoint('a')).toBeNull();
  });

  it('travels in time and writes nothing (FI-DU14)', async () => {
    await writeTurns('a', 3);
    await journal.saveCheckpoint(checkpoint('a', 6, 2));
    const flush = jest.spyOn(storage.journal, 'flush');
    const states = [];
    for (let seq = 0; seq <= 9; seq++) states.push(await journal.stateAt('a', { seq }));
    expect(states).toEqual([{}, {}, {}, { n: 1 }, { n: 1 }, { n: 1 }, { n: 2 }, { n: 2 }, { n: 2 }, { n: 3 }]);
    expect(await journal.stateAt('nobody', { seq: 5 })).toEqual({});
    expect(await journal.stateAt('nobody', { time: 5 })).toEqual({});
    expect(await new Journal(storage.journal).stateAt('a', { seq: 9 })).toEqual({ n: 3 });
    expect(flush).not.toHaveBeenCalled();
  });

  it('shows collections as what they are like', async () => {
    const items = new StateMap([['k', { qty: 1 }]]);
    const delta = items.takeDelta()!;
    await journal.append('a', {
      kind: 'StateChanged',
      changes: { values: {}, deltas: { items: delta }, removed: [] },
    });
    expect(await journal.stateAt('a', { seq: 1 })).toEqual({ items: new Map([['k', { qty: 1 }]]) });
  });

  it('truncates up to the oldest checkpoint kept, and not beyond', async () => {
    await writeTurns('a', 3);
    await expect(journal.truncate('a', 1)).rejects.toThrow(TruncateRefusedError);
    await journal.saveCheckpoint(checkpoint('a', 3, 1));
    await journal.saveCheckpoint(checkpoint('a', 6, 2));
    await expect(journal.truncate('a', 4)).rejects.toMatchObject({ oldestCheckpoint: 3 });
    await journal.truncate('a', 3);
    expect((await journal.replayFrom('a', 0).toArray()).map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9]);
    expect((await recover(storage, 'default/default/actor/a')).image.toObject()).toEqual({ n: 3 });
  });

  it('truncates also while older checkpoints are pruned', async () => {
    await writeTurns('a', 3);
    await journal.saveCheckpoint(checkpoint('a', 3, 1));
    await journal.saveCheckpoint(checkpoint('a', 6, 2));
    const list = storage.checkpoints.list.bind(storage.checkpoints);
    jest.spyOn(storage.checkpoints, 'list').mockImplementationOnce(async (actor) => {
      const seqs = await list(actor);
      await journal.saveCheckpoint(checkpoint('a', 9, 3)); // the one at 3 goes
      return seqs;
    });
    await journal.truncate('a', 3);
    expect((await journal.replayFrom('a', 0).toArray()).map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8, 9]);
  });

  it('does not truncate where a checkpoint is listed and not there', async () => {
    await writeTurns('a', 1);
    jest.spyOn(storage.checkpoints, 'list').mockResolvedValue([3]);
    await expect(journal.truncate('a', 3)).rejects.toThrow(TruncateRefusedError);
  });

  it('does not truncate below a checkpoint that cannot be read', async () => {
    await writeTurns('a', 1);
    await journal.saveCheckpoint(checkpoint('a', 3, 1));
    const record = (await storage.checkpoints.latest('default/default/actor/a'))!;
    await storage.checkpoints.save({ ...record, bytes: record.bytes.subarray(0, -1) }, 1);
    await expect(journal.truncate('a', 3)).rejects.toThrow(/^Checkpoint 3/);
    expect(await journal.replayFrom('a', 0).toArray()).toHaveLength(3);
  });

  it('gives payloads that decode', async () => {
    await journal.append('a', {
      ...received('m'),
      payload: encodePayload([{ at: new Date(5) }]),
    } as EntryBody);
    const [entry] = await journal.replayFrom('a', 0).toArray();
    expect(entry?.kind === 'MessageReceived' && decodePayload(entry.payload)).toEqual([{ at: new Date(5) }]);
  });
});
