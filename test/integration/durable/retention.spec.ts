import type { Type } from '@nestjs/common';
import {
  Actor,
  ActorTerminatedError,
  type DurabilityOptions,
  Handle,
  HistoryTruncatedError,
  InvalidDurationError,
  PurgeRefusedError,
  State,
  UseFacets,
  durability,
  virtualActor,
} from 'plexspaces';
import { expectJournal } from 'plexspaces/testing';
import { failureOf, settle, until } from './gate';
import { steadyClock } from './steady-clock';
import { type Node, World } from './world';

interface Tally {
  add(by: number): number;
  current(): number;
}

function tally(options: DurabilityOptions): Type<Tally> {
  @Actor({ type: 'tally' })
  @UseFacets(durability({ checkpointEvery: 5, ...options }), virtualActor())
  class CutTally implements Tally {
    @State() value = 0;

    @Handle() add(by: number): number {
      this.value += by;
      return this.value;
    }
    @Handle({ readOnly: true }) current(): number {
      return this.value;
    }
  }
  return CutTally;
}

/** Exists until it is stopped. */
@Actor({ type: 'till' })
@UseFacets(durability({ checkpointEvery: 2, retention: 'checkpoint' }))
class Till {
  @State() sum = 0;

  @Handle() put(by: number): number {
    return (this.sum += by);
  }
}

const ACTOR = 'default/default/tally/a';
const TILL = 'default/default/till/a';
/** Of a turn without effects: MessageReceived, StateChanged, MessageProcessed. */
const PER_TURN = 3;

describe('retention', () => {
  let world: World;
  beforeEach(() => (world = new World(steadyClock())));
  afterEach(() => world.end());

  async function addTo(node: Node, cls: Type<Tally>, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await node.ref(cls).ask.add(1);
    await settle();
  }

  async function kept(): Promise<{ first: number; last: number; checkpoints: readonly number[] }> {
    const entries = await world.journal.replayFrom(ACTOR, 0).toArray();
    const checkpoints = await world.storage.checkpoints.list(ACTOR);
    return { first: entries[0]!.seq, last: entries.at(-1)!.seq, checkpoints };
  }

  it('keeps all history unless a policy says otherwise', async () => {
    const cls = tally({});
    await addTo(await world.start([cls]), cls, 40);
    expect((await kept()).first).toBe(1);
  });

  it('cuts the journal behind the oldest checkpoint kept, of which there are two', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    await addTo(node, cls, 9);
    expect((await kept()).first).toBe(1); // one checkpoint is not enough
    await addTo(node, cls, 31);
    const { first, last, checkpoints } = await kept();
    expect(checkpoints).toHaveLength(2);
    expect(first).toBe(checkpoints.at(-1)! + 1);
    expect(last - first + 1).toBeLessThanOrEqual(10 * PER_TURN);
    await node.close();
    expect(await (await world.start([cls])).ref(cls).ask.add(1)).toBe(41);
  });

  it('recovers from the older checkpoint where the newest has rotted (F17)', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    await addTo(node, cls, 42);
    await node.close();
    const newest = world.storage.tables.checkpoints.get(ACTOR)!.at(-1)!;
    newest.bytes[newest.bytes.length - 1]! ^= 1;
    const next = await world.start([cls]);
    expect(await next.ref(cls).ask.add(1)).toBe(43);
    expect(next.log.warnings.join()).toContain('An older checkpoint is used');
  });

  it('cuts nothing behind a checkpoint that cannot be read', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    node.probe.onSave = (record, keep, save) => save({ ...record, bytes: record.bytes.subarray(0, -1) }, keep);
    await addTo(node, cls, 40);
    expect((await kept()).first).toBe(1);
    node.probe.onSave = (record, keep, save) => save(record, keep);
    await addTo(node, cls, 5);
    expect((await kept()).first).toBe(1); // one of the two is sound
    await addTo(node, cls, 5);
    expect((await kept()).first).toBeGreaterThan(1);
    expect(await node.ref(cls).ask.current()).toBe(50);
  });

  it('keeps so many entries, and never fewer than recovery needs', async () => {
    const cls = tally({ retention: { keepEntries: 60 } });
    await addTo(await world.start([cls]), cls, 100);
    const { first, last, checkpoints } = await kept();
    expect(last - first + 1).toBeGreaterThanOrEqual(60);
    expect(last - first + 1).toBeLessThanOrEqual(60 + 5 * PER_TURN);
    expect(first).toBeLessThanOrEqual(checkpoints.at(-1)! + 1);
  });

  it('keeps what is young, whichever bound keeps more', async () => {
    const clock = steadyClock();
    world = new World(clock);
    const cls = tally({ retention: { keepFor: '1h', keepEntries: 5 } });
    const node = await world.start([cls]);
    await addTo(node, cls, 20);
    await clock.advance('50m');
    await addTo(node, cls, 20);
    expect((await kept()).first).toBe(1);
    await clock.advance('20m');
    await addTo(node, cls, 5);
    const [oldest] = await world.journal.replayFrom(ACTOR, 0).toArray();
    expect(oldest!.seq).toBeGreaterThanOrEqual(20 * PER_TURN);
    expect(clock.now() - oldest!.time).toBeLessThanOrEqual(3_600_000);
  });

  it('tells about a truncation that fails, and tries again at the next checkpoint', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    const { truncate } = node.probe.journal;
    node.probe.journal.truncate = () => Promise.reject(new Error('disk on fire'));
    await addTo(node, cls, 12);
    expect(node.log.warnings).toEqual([expect.stringContaining(`The journal of ${ACTOR} was not truncated`)]);
    expect((await kept()).first).toBe(1);
    node.probe.journal.truncate = truncate;
    await addTo(node, cls, 5);
    expect((await kept()).first).toBeGreaterThan(1);
    expect(await node.ref(cls).ask.current()).toBe(17);
  });

  it('remembers answers for their window, though the entries are gone (P5)', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    const keyed = node.ref(cls).with({ idempotencyKey: 'once' });
    expect(await keyed.ask.add(1)).toBe(1);
    await addTo(node, cls, 30);
    expect((await kept()).first).toBeGreaterThan(10);
    expect(await keyed.ask.add(1)).toBe(1);
    await node.close();
    const next = await world.start([cls]);
    expect(await next.ref(cls).with({ idempotencyKey: 'once' }).ask.add(1)).toBe(1);
    expect(await next.ref(cls).ask.current()).toBe(31);
  });

  it('says what is gone when history is asked for, and shows what is left', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    await addTo(node, cls, 40);
    const { history } = node.ref(cls);
    const { first, last } = await kept();
    await expect(history.stateAt({ seq: 5 })).rejects.toThrow(HistoryTruncatedError);
    await expect(history.stateAt({ time: 5 })).rejects.toThrow(HistoryTruncatedError);
    await expect(history.entries({ fromSeq: 5 })).rejects.toThrow(HistoryTruncatedError);
    await expect(history.entries({ fromSeq: 5, throughSeq: 9 })).rejects.toThrow(HistoryTruncatedError);
    expect(await history.stateAt({ seq: last })).toEqual({ value: 40 });
    expect(await history.stateAt({ seq: first - 1 })).toEqual({ value: 35 });
    expect((await history.entries())[0]!.seq).toBe(first);
    expect(await history.entries({ fromSeq: last + 1 })).toEqual([]);
    const turns = (last - first + 1) / PER_TURN;
    expect(await history.verify()).toEqual({
      ok: true,
      turns,
      unverifiable: 0,
      divergences: [],
      skippedThrough: first - 1,
    });
    await expectJournal(node.ref(cls)).toHaveCount('MessageProcessed', turns);
    await expectJournal(ACTOR, world.journal).not.toContain('ActivationStarted');
  });

  it('verifies against changed code what it has kept', async () => {
    const cls = tally({ retention: 'checkpoint' });
    const node = await world.start([cls]);
    await addTo(node, cls, 40);
    jest.spyOn(cls.prototype as Tally, 'add').mockReturnValue(0);
    const { ok, divergences } = await node.ref(cls).history.verify();
    expect(ok).toBe(false);
    expect(divergences[0]!.seq).toBe((await kept()).first);
    jest.restoreAllMocks();
  });
});

describe('the inbox', () => {
  it('holds no more answers than come in a window and a look for due work (F40)', async () => {
    const clock = steadyClock();
    const world = new World(clock);
    const rate = 1_000; // per second: more than one sweep takes in the time between two looks
    const [windowS, lookS] = [60, 30];
    const node = await world.start([tally({})]);
    const { journal } = world.storage;
    const held = (): number => world.storage.tables.actors.get('default/default/tally/busy')?.inbox.size ?? 0;
    let most = 0;
    for (let second = 0, n = 0; second < 300; second++) {
      const { seq, epoch } = await journal.head('default/default/tally/busy');
      const inbox = Array.from({ length: rate }, () => ({
        op: 'done' as const,
        id: `m${n++}`,
        argsHash: '',
        answer: new Uint8Array(1),
        expiresAt: clock.now() + windowS * 1_000,
        fresh: true,
      }));
      await journal.flush([
        {
          kind: 'append',
          actor: 'default/default/tally/busy',
          expected: { seq, epoch },
          epoch: Math.max(1, epoch),
          writer: 'w',
          schema: 1,
          status: 'live',
          entries: [],
          inbox,
          sends: [],
        },
      ]);
      most = Math.max(most, held());
      await clock.advance('1s');
    }
    expect(most).toBeLessThanOrEqual(rate * (windowS + lookS + 1));
    expect(most).toBeGreaterThanOrEqual(rate * windowS);
    await node.close();
  });
});

describe('purge', () => {
  let world: World;
  beforeEach(() => (world = new World(steadyClock())));
  afterEach(() => world.end());

  async function stopped(key = 'a'): Promise<Node> {
    const node = await world.start([Till]);
    const ref = node.ref(Till, key);
    await ref.orCreate();
    for (let i = 0; i < 10; i++) await ref.ask.put(1);
    await ref.stop();
    await until(async () => (await world.storage.journal.head(ref.actorId)).status === 'terminated');
    return node;
  }

  async function left(actor = TILL): Promise<unknown> {
    const entries = (await world.journal.replayFrom(actor, 0).toArray()).length;
    const { checkpoints, journal } = world.storage;
    const rows = world.storage.tables.actors.get(actor)?.inbox.size;
    const { status } = await journal.head(actor);
    return { entries, rows, checkpoints: (await checkpoints.list(actor)).length, status };
  }

  it('takes all of a terminated actor but its head row, and its id stays taken (J13, J3)', async () => {
    const node = await stopped();
    const head = await world.storage.journal.head(TILL);
    await node.system.journal.purge(node.ref(Till).actorId);
    expect(await left()).toEqual({ entries: 0, rows: 0, checkpoints: 0, status: 'terminated' });
    expect(await world.storage.journal.head(TILL)).toEqual(head);
    for (const each of [node, await world.start([Till])]) {
      await expect(each.ref(Till).ask.put(1)).rejects.toThrow(ActorTerminatedError);
      await expect(each.ref(Till).orCreate()).rejects.toThrow(ActorTerminatedError);
    }
    await expect(node.ref(Till).history.stateAt({ seq: 3 })).rejects.toThrow(HistoryTruncatedError);
    await node.system.journal.purge(TILL);
  });

  it('parks what is sent to a purged actor, and takes that too when asked again', async () => {
    const node = await stopped();
    await node.system.journal.purge(TILL);
    await node
      .ref(Till)
      .tell.put(1)
      .catch(() => undefined);
    await settle();
    expect((await world.storage.inbox.pending(TILL)).length).toBe(0);
    expect(await node.system.journal.purgeTerminated()).toBeLessThanOrEqual(1);
    expect(await left()).toEqual({ entries: 0, rows: 0, checkpoints: 0, status: 'terminated' });
  });

  it('refuses a live actor and one that does not exist, and an id that is none', async () => {
    const cls = tally({});
    const node = await world.start([cls, Till]);
    await node.ref(cls).ask.add(1);
    const { journal } = node.system;
    expect(await failureOf(journal.purge(ACTOR))).toMatchObject({ code: 'PS_PURGE_REFUSED', status: 'live' });
    expect(await failureOf(journal.purge(TILL))).toBeInstanceOf(PurgeRefusedError);
    expect(await failureOf(journal.purge('a/b'))).toMatchObject({ code: 'PS_INVALID_ACTOR_ID' });
    await expect(journal.purgeTerminated({ olderThan: -1 })).rejects.toThrow(InvalidDurationError);
    expect(await node.ref(cls).ask.add(1)).toBe(2);
  });

  it('takes the terminated actors that are old enough, and no other', async () => {
    const clock = steadyClock();
    world = new World(clock);
    const cls = tally({});
    const node = await stopped('old');
    await clock.advance('2h');
    await node.close();
    await (await stopped('young')).close();
    const live = await world.start([cls, Till]);
    await live.ref(cls).ask.add(1);
    const purged: string[] = [];
    const onPurged = (actor: string): void => void purged.push(actor);
    expect(await live.system.journal.purgeTerminated({ olderThan: '1h', prefix: 'other/' })).toBe(0);
    expect(await live.system.journal.purgeTerminated({ olderThan: '1h', onPurged })).toBe(1);
    expect(purged).toEqual(['default/default/till/old']);
    expect(await live.system.journal.purgeTerminated({ olderThan: '1h' })).toBe(0);
    expect(await live.system.journal.purgeTerminated()).toBe(1);
    expect(await live.ref(cls).ask.current()).toBe(1);
  });

  it('is finished by the next purge where the first died in its midst', async () => {
    const node = await stopped();
    node.probe.journal.purge = () => Promise.reject(new Error('died'));
    await expect(node.system.journal.purge(TILL)).rejects.toThrow('died');
    await expect(node.ref(Till).ask.put(1)).rejects.toThrow(ActorTerminatedError);
    const next = await world.start([Till]);
    await expect(next.ref(Till).ask.put(1)).rejects.toThrow(ActorTerminatedError); // half purged, and still terminated
    await next.system.journal.purge(TILL);
    expect(await left()).toEqual({ entries: 0, rows: 0, checkpoints: 0, status: 'terminated' });
  });
});
