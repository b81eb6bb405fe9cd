import fc from 'fast-check';
import {
  CorruptRecordError,
  type EntryRecord,
  type HeadRow,
  type JournalStorage,
  SchemaTooNewError,
  type Storage,
  setFailpointHook,
} from '#spi';
import { MemoryStorage } from '#storage/memory';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint';
import { toErrorRecord } from './codec/error-record';
import { checksum } from './codec/checksum';
import { encodePayload } from './codec/payload-codec';
import { encodeEntry } from './entries/entry-codec';
import type { ActivationStarted, EntryBody } from './entries/journal-entry';
import { CheckpointAheadError, HistoryTruncatedError } from './errors';
import { loadCheckpoint } from './load-checkpoint';
import { recover } from './recovery';
import { foldAt } from './state-at';
import { StateImage } from './state/state-image';

const actor = 'default/default/counter/c-1';
const bytes = Buffer.from(encodePayload([1]));

const started = (more: Partial<ActivationStarted> = {}): ActivationStarted => ({
  kind: 'ActivationStarted',
  epoch: 1,
  node: 'n',
  codeVersion: '1',
  facetChain: '',
  reset: false,
  schema: 1,
  ...more,
});
const received = (messageId: string): EntryBody => ({
  kind: 'MessageReceived',
  messageId,
  sender: '',
  causationId: '',
  method: 'm',
  payload: bytes,
  headers: {},
  principal: '',
});
const effect = (ordinal: number): EntryBody => ({
  kind: 'SideEffectExecuted',
  scope: 'handler',
  ordinal,
  name: 'e',
  argsHash: 'h',
  result: bytes,
  error: null,
  attempts: 1,
});
const timer: EntryBody = { kind: 'TimerScheduled', scope: 'handler', ordinal: 0, dueAt: 9 };
const fired: EntryBody = { kind: 'TimerFired', scope: 'handler', ordinal: 0 };
const changed = (values: Record<string, number>): EntryBody => ({
  kind: 'StateChanged',
  changes: { values, deltas: {}, removed: [] },
});
const attached = (name: string): EntryBody => ({ kind: 'FacetAttached', name, priority: 5, config: bytes });
const detached = (name: string): EntryBody => ({ kind: 'FacetDetached', name });
const processed = (messageId: string, error: Error | null = null): EntryBody => ({
  kind: 'MessageProcessed',
  messageId,
  result: error === null ? bytes : null,
  error: error === null ? null : toErrorRecord(error),
});
const parked = (messageId: string): EntryBody => ({
  kind: 'MessageParked',
  messageId,
  attempts: 5,
  cause: toErrorRecord(new Error('poison')),
});
const FINDERS = ['its checksum', 'the store'];
const turn = (messageId: string, n: number) => [received(messageId), changed({ n }), processed(messageId)];

/** A journal in memory, what its reads were asked for, and ways to spoil it. */
class World implements Storage {
  readonly memory = new MemoryStorage();
  readonly inbox = this.memory.inbox;
  readonly checkpoints = this.memory.checkpoints;
  readonly reads: number[] = [];
  readonly warnings: string[] = [];
  readonly journal: JournalStorage;
  spoil: (record: EntryRecord) => EntryRecord | null = (record) => record;
  beforeHead: () => Promise<void> = () => Promise.resolve();
  private head: HeadRow | null = null;

  constructor() {
    const { journal } = this.memory;
    this.journal = Object.assign(Object.create(journal) as JournalStorage, {
      head: async (of: string) => {
        const head = await journal.head(of);
        await this.beforeHead();
        return head;
      },
      read: (of: string, afterSeq: number, throughSeq?: number) => {
        this.reads.push(afterSeq);
        return this.pages(journal.read(of, afterSeq, throughSeq));
      },
    });
  }

  async write(...bodies: readonly EntryBody[]): Promise<number> {
    this.head ??= await this.memory.journal.head(actor);
    const { seq, epoch } = this.head;
    const activation = bodies.find((body) => body.kind === 'ActivationStarted');
    const entries = bodies.map((body, i) =>
      encodeEntry({ actor, id: 'id', time: (seq + i + 1) * 10, correlationId: '' }, body, seq + i + 1),
    );
    const schema = activation?.schema ?? this.head.schema;
    const [outcome] = await this.memory.journal.flush([
      {
        kind: 'append',
        actor,
        expected: { seq, epoch },
        epoch: Math.max(1, epoch),
        writer: 'w',
        schema,
        status: 'live',
        entries,
        inbox: [],
        sends: [],
      },
    ]);
    expect(outcome?.kind).toBe('committed');
    this.head = await this.memory.journal.head(actor);
    return this.head.seq;
  }

  /** Takes a checkpoint of what is there now, or of `state`, damaged if asked for. */
  async save(
    options: { seq?: number; state?: Record<string, number>; damaged?: boolean; time?: number } = {},
  ): Promise<void> {
    const fold = await foldAt({ journal: this.memory.journal, checkpoints: this.memory.checkpoints }, actor, {
      seq: 1e9,
    });
    const record = await encodeCheckpoint(
      {
        actor,
        seq: options.seq ?? fold.boundary,
        time: options.time ?? fold.boundary * 10,
        schema: fold.schema,
        image: options.state === undefined ? fold.image : StateImage.of(options.state),
        activation: fold.activation,
      },
      'none',
    );
    if (options.damaged === true) record.bytes[record.bytes.length - 1]! ^= 1;
    await this.checkpoints.save(record, 10);
  }

  /** From now on the store finds damage by itself, as one with checksums of its own does. */
  checkInStore(): void {
    const latest = this.checkpoints.latest.bind(this.checkpoints);
    this.checkpoints.latest = async (of, throughSeq) => {
      const record = await latest(of, throughSeq);
      if (record !== null) await decodeCheckpoint(record);
      return record;
    };
  }

  recover = (supportedSchema?: number) =>
    recover(this, actor, {
      warn: (error) => this.warnings.push(error.message),
      ...(supportedSchema === undefined ? {} : { supportedSchema }),
    });

  state = async () => (await this.recover()).image.toObject();

  private async *pages(source: AsyncIterable<readonly EntryRecord[]>): AsyncGenerator<readonly EntryRecord[]> {
    for await (const page of source) yield page.map(this.spoil).filter((record) => record !== null);
  }
}

let world: World;
beforeEach(() => (world = new World()));
afterEach(() => setFailpointHook(undefined));

describe('recover, where it begins', () => {
  it('gives nothing for an actor nobody wrote to, and reads no journal', async () => {
    const recovered = await world.recover();
    expect(recovered).toMatchObject({
      head: { seq: 0, status: 'absent' },
      openTurn: null,
      lastActivation: null,
      entriesRead: 0,
    });
    expect([recovered.image.isEmpty, world.reads]).toEqual([true, []]);
  });

  it('an empty journal with a head row', async () => {
    await world.write();
    expect(await world.recover()).toMatchObject({ head: { seq: 0, status: 'live' }, entriesRead: 0 });
  });

  it('no checkpoint: everything is folded', async () => {
    await world.write(started(), ...turn('m1', 1), ...turn('m2', 2));
    const recovered = await world.recover();
    expect(recovered).toMatchObject({
      checkpointSeq: 0,
      turnsSinceCheckpoint: 2,
      entriesRead: 7,
      boundarySeq: 7,
      openTurn: null,
    });
    expect(recovered.lastActivation).toEqual(started());
    expect(recovered.image.toObject()).toEqual({ n: 2 });
  });

  it('a checkpoint and a tail: only the tail is read, whatever lies before it (JR17, JR18)', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    await world.write(...turn('m2', 2));
    world.spoil = (record) => (record.seq <= 4 ? null : record);
    expect(await world.recover()).toMatchObject({
      checkpointSeq: 4,
      turnsSinceCheckpoint: 1,
      entriesRead: 3,
      lastActivation: started(),
    });
    expect([await world.state(), world.reads]).toEqual([{ n: 2 }, [4, 4]]);
  });

  it('a checkpoint alone, its journal truncated away', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    await world.memory.journal.truncate(actor, 4);
    expect(await world.recover()).toMatchObject({
      checkpointSeq: 4,
      turnsSinceCheckpoint: 0,
      entriesRead: 0,
      head: { seq: 4 },
    });
    expect(await world.state()).toEqual({ n: 1 });
  });

  it('a missing checkpoint is an error once the journal was truncated', async () => {
    await world.write(started(), ...turn('m1', 1), ...turn('m2', 2));
    await world.memory.journal.truncate(actor, 4);
    await expect(world.recover()).rejects.toThrow(/^Entry 5 .* it follows entry 0/);
  });

  it.each(FINDERS)(
    'a corrupt newest checkpoint falls back to the one before, and says so (found by %s)',
    async (finder) => {
      if (finder === 'the store') world.checkInStore();
      await world.write(started(), ...turn('m1', 1));
      await world.save();
      await world.write(...turn('m2', 2));
      await world.save({ damaged: true });
      await world.write(...turn('m3', 3));
      expect(await world.recover()).toMatchObject({ checkpointSeq: 4, turnsSinceCheckpoint: 2 });
      expect(world.warnings).toEqual([expect.stringMatching(/^Checkpoint 7 of/)]);
      expect(await world.state()).toEqual({ n: 3 });
    },
  );

  it.each(FINDERS)(
    'when all are corrupt, a complete journal is enough; a truncated one is not (found by %s)',
    async (finder) => {
      if (finder === 'the store') world.checkInStore();
      await world.write(started(), ...turn('m1', 1));
      await world.save({ damaged: true });
      await world.write(...turn('m2', 2));
      await world.save({ damaged: true });
      expect(await world.recover()).toMatchObject({ checkpointSeq: 0, entriesRead: 7 });
      expect(world.warnings).toHaveLength(2);
      await world.memory.journal.truncate(actor, 4);
      await expect(world.recover()).rejects.toThrow(/^Checkpoint 4 of/);
    },
  );

  it('a checkpoint of a newer version of this package is not passed over', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    const record = (await world.checkpoints.latest(actor))!;
    const newer = Buffer.from(record.bytes);
    newer[3] = 9;
    newer.writeUInt32LE(checksum(newer.subarray(12), actor, 4, 0x900), 8);
    await world.checkpoints.save({ ...record, bytes: newer }, 10);
    await expect(world.recover()).rejects.toThrow(SchemaTooNewError);
    expect(world.warnings).toEqual([]);
  });

  it('a checkpoint ahead of its journal is an error', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save({ seq: 9 });
    await expect(world.recover()).rejects.toThrow(CheckpointAheadError);
    await expect(loadCheckpoint(world, actor, 4)).rejects.toMatchObject({ checkpointSeq: 9, headSeq: 4 });
  });

  it('but not when the journal has moved on between the two answers', async () => {
    await world.write(started(), ...turn('m1', 1));
    const { latest } = world.checkpoints;
    world.beforeHead = async () => {
      world.beforeHead = () => Promise.resolve();
      await world.write(...turn('m2', 2));
      await world.save();
    };
    jest.spyOn(world.checkpoints, 'latest').mockImplementationOnce(async (...args) => {
      for (let i = 0; i < 20; i++) await new Promise(setImmediate);
      return latest.apply(world.checkpoints, args);
    });
    expect(await world.recover()).toMatchObject({ head: { seq: 7 }, checkpointSeq: 7 });
  });

  it('nor is it damage that the newest is unreadable while a former activation replaces the one before it', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    await world.write(...turn('m2', 2));
    await world.save();
    await world.journal.truncate(actor, 4);
    const { latest } = world.checkpoints;
    let isReplaced = false;
    jest.spyOn(world.checkpoints, 'latest').mockImplementation(async (of, throughSeq) => {
      if (throughSeq === undefined && !isReplaced)
        throw new CorruptRecordError(actor, 'Checkpoint 7', 'the checksum of its file does not match');
      if (throughSeq === 6 && !isReplaced) {
        isReplaced = true;
        await world.write(...turn('m3', 3));
        await world.save();
      }
      if (throughSeq !== undefined && throughSeq < 10) return null; // that of m1 is gone
      return latest.apply(world.checkpoints, [of, throughSeq]);
    });
    expect(await world.recover()).toMatchObject({ head: { seq: 10 }, checkpointSeq: 10 });
  });

  it('asks for head and checkpoint in one tick', async () => {
    const asked: string[] = [];
    const spy = (name: 'latest' | 'head') => () => {
      asked.push(name);
      return new Promise<never>(() => undefined);
    };
    jest.spyOn(world.checkpoints, 'latest').mockImplementation(spy('latest'));
    jest.spyOn(world.journal, 'head').mockImplementation(spy('head'));
    void world.recover();
    expect(asked.sort()).toEqual(['head', 'latest']);
  });
});

describe('recover, schema of the state', () => {
  it('is that of the activation which last changed it', async () => {
    await world.write(started({ schema: 1 }), ...turn('m1', 1));
    await world.write(started({ epoch: 2, schema: 2 }));
    expect(await world.recover()).toMatchObject({ schema: 1, head: { schema: 2 } });
    await world.save();
    expect(await world.recover()).toMatchObject({ schema: 1, entriesRead: 0 });
    await world.write(...turn('m2', 2));
    expect(await world.recover()).toMatchObject({ schema: 2 });
  });

  it('of a state that is empty is that of the last activation', async () => {
    await world.write(started({ schema: 1 }));
    await world.save();
    await world.write(started({ epoch: 2, schema: 3 }));
    expect(await world.recover()).toMatchObject({ schema: 3, checkpointSeq: 1 });
  });

  it('newer than the code is refused before anything is folded', async () => {
    await world.write(started({ schema: 3 }), ...turn('m1', 1));
    await expect(world.recover(2)).rejects.toThrow(SchemaTooNewError);
    expect(world.reads).toEqual([]);
    expect(await world.recover(3)).toMatchObject({ schema: 3 });
  });
});

describe('recover, turns', () => {
  it('an incomplete message first: it is open, with its records in order (F2)', async () => {
    await world.write(received('m1'), effect(0), timer, fired, effect(1));
    const { openTurn, image, turnsSinceCheckpoint, boundarySeq } = await world.recover();
    expect([image.isEmpty, turnsSinceCheckpoint, boundarySeq]).toEqual([true, 0, 0]);
    expect(openTurn?.received).toMatchObject({ seq: 1, messageId: 'm1', payload: bytes });
    expect(openTurn?.records.map(({ seq, kind }) => [seq, kind])).toEqual([
      [2, 'SideEffectExecuted'],
      [3, 'TimerScheduled'],
      [4, 'TimerFired'],
      [5, 'SideEffectExecuted'],
    ]);
  });

  it('an incomplete message last: the state is that of the turn before', async () => {
    await world.write(started(), ...turn('m1', 1), received('m2'), effect(0));
    expect(await world.recover()).toMatchObject({
      boundarySeq: 4,
      openTurn: { received: { messageId: 'm2' } },
    });
    expect(await world.state()).toEqual({ n: 1 });
  });

  it('an incomplete message in the middle is a broken journal (F5)', async () => {
    await world.write(received('m1'), effect(0), ...turn('m2', 2));
    await expect(world.recover()).rejects.toThrow(/^Entry 3 .* while that of message m1 has no end/);
  });

  it('an end that belongs to another message is a broken journal', async () => {
    await world.write(received('m1'), processed('m2'));
    await expect(world.recover()).rejects.toThrow(/^Entry 2 .* ends message m2 in the turn of m1/);
  });

  it('activations in between leave the turn open (F4)', async () => {
    await world.write(started(), received('m1'), effect(0));
    await world.write(started({ epoch: 2 }), effect(1));
    const { openTurn, lastActivation } = await world.recover();
    expect(openTurn?.records.map(({ seq }) => seq)).toEqual([3, 5]);
    expect(lastActivation?.epoch).toBe(2);
    await world.write(changed({ n: 1 }), processed('m1'));
    expect(await world.state()).toEqual({ n: 1 });
  });

  it('changes of a turn that failed or was parked do not count (F2)', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.write(received('m2'), effect(0), changed({ n: 2 }), attached('x'), processed('m2', new Error('no')));
    await world.write(received('m3'), effect(0), changed({ n: 3 }), parked('m3'));
    await world.write(parked('m4'), processed('m5'));
    expect(await world.recover()).toMatchObject({ turnsSinceCheckpoint: 5, openTurn: null });
    expect([await world.state(), (await world.recover()).image.facets]).toEqual([{ n: 1 }, []]);
  });

  it('facets come and go with their turn; a change outside any turn counts at once (F3)', async () => {
    await world.write(received('m1'), attached('a'), attached('b'), processed('m1'));
    await world.write(received('m2'), detached('a'), processed('m2'), changed({ n: 9 }), attached('c'));
    const { image } = await world.recover();
    expect([image.facets.map(({ name }) => name), image.toObject()]).toEqual([['b', 'c'], { n: 9 }]);
  });

  it('a reset begins from nothing and keeps the history (F4)', async () => {
    await world.write(started(), ...turn('m1', 1), attached('a'));
    await world.write(
      started({ epoch: 2, reset: true, schema: 2 }),
      received('m2'),
      changed({ other: 5 }),
      processed('m2'),
    );
    const { image, schema } = await world.recover();
    expect([image.toObject(), image.facets, schema]).toEqual([{ other: 5 }, [], 2]);
    expect((await foldAt(world, actor, { seq: 4 })).image.toObject()).toEqual({ n: 1 });
  });
});

describe('recover, damage (F1)', () => {
  beforeEach(async () => {
    await world.write(started(), ...turn('m1', 1), ...turn('m2', 2));
  });

  it.each([1, 3, 7])('entry %i is missing', async (missing) => {
    world.spoil = (record) => (record.seq === missing ? null : record);
    await expect(world.recover()).rejects.toThrow(CorruptRecordError);
  });

  it.each([1, 3, 4, 7])('entry %i is damaged, whether anybody looks at it or not', async (damaged) => {
    world.spoil = (record) => {
      if (record.seq !== damaged) return record;
      const copy = Buffer.from(record.bytes);
      copy[copy.length - 1]! ^= 1;
      return { ...record, bytes: copy };
    };
    await expect(world.recover()).rejects.toThrow(new RegExp(`^Entry ${damaged} of ${actor}`));
  });

  it('an entry stands in the place of another', async () => {
    const all: EntryRecord[] = [];
    for await (const page of world.memory.journal.read(actor, 0)) all.push(...page);
    world.spoil = (record) => (record.seq === 6 ? { seq: 6, bytes: all[2]!.bytes } : record);
    await expect(world.recover()).rejects.toThrow(/^Entry 6/);
  });
});

describe('recover, failpoints', () => {
  it('pass in this order', async () => {
    await world.write(started(), ...turn('m1', 1));
    const passed: string[] = [];
    setFailpointHook((name) => passed.push(name));
    await world.recover();
    expect(passed).toEqual([
      'activation.afterHead',
      'activation.afterCheckpointLoad',
      'activation.midRecovery',
      'activation.afterRecovery',
    ]);
  });
});

describe('foldAt', () => {
  it('knows every point of the past, with and without checkpoints (FI-DU12, JR24)', async () => {
    await world.write(started(), ...turn('m1', 1), ...turn('m2', 2), received('m3'), effect(0));
    await world.save({ seq: 4, state: { n: 1 } });
    const states = [];
    for (let seq = 0; seq <= 12; seq++) states.push((await foldAt(world, actor, { seq })).image.toObject()['n']);
    expect(states).toEqual([undefined, undefined, undefined, undefined, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
  });

  it('finds the state as of a time', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    await world.write(...turn('m2', 2));
    await world.save();
    const at = async (time: number) => (await foldAt(world, actor, { time })).image.toObject()['n'];
    expect([await at(0), await at(39), await at(40), await at(69), await at(70), await at(1e9)]).toEqual([
      undefined,
      undefined,
      1,
      1,
      2,
      2,
    ]);
  });

  it('finds it beside a checkpoint that the store refuses to hand out', async () => {
    await world.write(started(), ...turn('m1', 1));
    await world.save();
    await world.write(...turn('m2', 2));
    await world.save({ damaged: true });
    world.checkInStore();
    expect((await foldAt(world, actor, { time: 40 })).image.toObject()['n']).toBe(1);
    expect((await foldAt(world, actor, { time: 1e9 })).image.toObject()['n']).toBe(2);
  });

  it('says when the history asked for is gone', async () => {
    await world.write(started(), ...turn('m1', 1), ...turn('m2', 2));
    await world.save();
    await world.memory.journal.truncate(actor, 5);
    await expect(foldAt(world, actor, { seq: 4 })).rejects.toThrow(HistoryTruncatedError);
    await expect(foldAt(world, actor, { time: 40 })).rejects.toThrow(/time 40/);
    expect((await foldAt(world, actor, { seq: 7 })).image.toObject()).toEqual({ n: 2 });
    expect((await foldAt(world, actor, { seq: 0 })).image.isEmpty).toBe(true);
  });
});

describe('recover and foldAt', () => {
  it('agree with a model, wherever checkpoints lie and whatever became of the turns (property)', async () => {
    const step = fc.record({
      end: fc.constantFrom('well', 'well', 'well', 'failed', 'parked'),
      slot: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer(),
      effects: fc.nat(3),
      crash: fc.boolean(),
      checkpoint: fc.constantFrom('no', 'no', 'yes', 'damaged'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), fc.boolean(), async (steps, open) => {
        world = new World();
        let state: Record<string, number> = {};
        const history: Record<string, number>[] = [{}];
        const note = (seq: number) => {
          while (history.length <= seq) history.push(history.at(-1)!);
          history[seq] = state;
        };
        for (const [i, { end, slot, value, effects, crash, checkpoint }] of steps.entries()) {
          const id = `m${i}`;
          await world.write(received(id), ...Array.from({ length: effects }, (_, n) => effect(n)));
          if (crash) await world.write(started({ epoch: i + 1 }));
          const last = end === 'parked' ? parked(id) : processed(id, end === 'failed' ? new Error('no') : null);
          const seq = await world.write(changed({ [slot]: value }), last);
          note(seq - 1);
          if (end === 'well') state = { ...state, [slot]: value };
          note(seq);
          if (checkpoint !== 'no') await world.save({ damaged: checkpoint === 'damaged' });
        }
        if (open) note(await world.write(received('open'), effect(0)));
        const recovered = await world.recover();
        expect(recovered.image.toObject()).toEqual(state);
        expect(recovered.openTurn?.records.length ?? 0).toBe(open ? 1 : 0);
        for (const [seq, expected] of history.entries()) {
          expect((await foldAt(world, actor, { seq })).image.toObject()).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});
