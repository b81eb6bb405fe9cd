import { createServer } from 'node:http';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Actor,
  type DurabilityOptions,
  Handle,
  SideEffect,
  State,
  UseFacets,
  currentEffect,
  durability,
  virtualActor,
} from 'plexspaces';
import type { Type } from '@nestjs/common';
import { Gate, abandoned, failureOf, settle, until } from './gate';
import { World, kinds, ofKind } from './world';

const calls: string[] = [];
const gate = new Gate();

interface Trip {
  book(): Promise<string>;
  add(by: number): Promise<number>;
  current(): number;
}

function trip(options: DurabilityOptions = {}): Type<Trip> {
  @Actor({ type: 'trip' })
  @UseFacets(durability(options), virtualActor())
  class DurableTrip implements Trip {
    @State() value = 0;
    @State() stages: string[] = [];

    /** Three effects in a row. */
    @Handle() async book(): Promise<string> {
      const flight = await this.reserve('flight');
      const hotel = await this.reserve('hotel');
      const car = await this.reserve('car');
      this.stages = [flight, hotel, car];
      return this.stages.join(' ');
    }
    @Handle() async add(by: number): Promise<number> {
      this.value += by * (await this.factor());
      return this.value;
    }
    @Handle({ readOnly: true }) current(): number {
      return this.value;
    }
    @SideEffect() protected async reserve(what: string): Promise<string> {
      calls.push(`${what} ${currentEffect().idempotencyKey}`);
      if (what === waitAt) await gate.pass();
      return `${what}#${calls.length}`;
    }
    @SideEffect() protected async factor(): Promise<number> {
      calls.push('factor');
      return 1;
    }
  }
  return DurableTrip;
}

let waitAt = '';

describe('recovery', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    calls.length = 0;
    waitAt = '';
  });
  afterEach(() => world.end());

  it('[FI-DU02] [FI-DU11] [JR31] [JR27] after a crash the state is back, with no user code', async () => {
    const cls = trip();
    const first = await world.start([cls]);
    for (let i = 0; i < 5; i++) await first.ref(cls).ask.add(1);
    first.crash();
    const second = await world.start([cls]);
    expect(await second.ref(cls).ask.current()).toBe(5);
    expect(await second.ref(cls).ask.add(1)).toBe(6);
  });

  it('[FI-DU02] replayOnActivation: false begins from the initial state, as a recorded reset; the history is kept', async () => {
    const cls = trip({ replayOnRestart: false });
    const first = await world.start([cls]);
    expect(await first.ref(cls).ask.add(5)).toBe(5);
    const before = await first.ref(cls).history.entries();
    await first.close();
    const second = await world.start([cls]);
    expect(await second.ref(cls).ask.current()).toBe(0);
    expect(await second.ref(cls).ask.add(2)).toBe(2);
    const after = await second.ref(cls).history.entries();
    expect(after.slice(0, before.length)).toEqual(before);
    expect(ofKind(after, 'ActivationStarted').map(({ reset }) => reset)).toEqual([false, true]);
    expect(await second.ref(cls).history.stateAt({ seq: before.length })).toMatchObject({ value: 5 });
    expect(await second.ref(cls).history.stateAt({ seq: after.length })).toMatchObject({ value: 2 });
    await second.close();

    const replaying = trip();
    const third = await world.start([replaying]);
    expect(await third.ref(replaying).ask.current()).toBe(2);
  });

  it('[FI-DU04] [JR19] over restarts effects come from the record: nothing is called again, and the same values are seen', async () => {
    const cls = trip();
    const first = await world.start([cls]);
    const answer = await first.ref(cls).with({ idempotencyKey: 'b' }).ask.book();
    const made = [...calls];
    first.crash();
    const second = await world.start([cls]);
    expect(await second.ref(cls).with({ idempotencyKey: 'b' }).ask.book()).toBe(answer);
    expect(await second.ref(cls).history.verify()).toEqual({ ok: true, turns: 1, unverifiable: 0, divergences: [] });
    expect(calls).toEqual(made);
    const results = ofKind(await second.ref(cls).history.entries(), 'SideEffectExecuted').map(({ ordinal }) => ordinal);
    expect(results).toEqual([0, 1, 2]);
  });

  it('[JR34] [JR22] a crash after effect 2 of 3: the first two are not made again, the third is, and there is one answer', async () => {
    const cls = trip();
    waitAt = 'car';
    const first = await world.start([cls]);
    abandoned(first.ref(cls).with({ idempotencyKey: 'b' }).ask.book());
    await gate.reached(gate.arrivals + 1);
    first.crash();
    waitAt = '';
    const second = await world.start([cls]);
    const answer = await second.ref(cls).with({ idempotencyKey: 'b' }).ask.book();
    expect(answer).toBe('flight#1 hotel#2 car#4');
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['flight', 'hotel', 'car', 'car']);
    expect(calls[2]).toBe(calls[3]);
    expect(new Set(calls.slice(0, 3)).size).toBe(3);
    expect(await second.ref(cls).with({ idempotencyKey: 'b' }).ask.book()).toBe(answer);
    const entries = await second.ref(cls).history.entries();
    expect(ofKind(entries, 'MessageReceived')).toHaveLength(1);
    expect(ofKind(entries, 'MessageProcessed')).toHaveLength(1);
    expect(ofKind(entries, 'ActivationStarted').map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('an open message resumes by itself: nobody has to ask again', async () => {
    const cls = trip();
    waitAt = 'hotel';
    const first = await world.start([cls]);
    abandoned(first.ref(cls).tell.book());
    await gate.reached(gate.arrivals + 1);
    first.crash();
    waitAt = '';
    const second = await world.start([cls]);
    await until(async () => kinds(await second.ref(cls).history.entries()).includes('MessageProcessed'));
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['flight', 'hotel', 'hotel', 'car']);
  });

  it('[FI-DU04] cacheSideEffects: false calls again, under the same idempotency key', async () => {
    const cls = trip({ cacheSideEffects: false });
    waitAt = 'car';
    const first = await world.start([cls]);
    abandoned(first.ref(cls).with({ idempotencyKey: 'b' }).ask.book());
    await gate.reached(gate.arrivals + 1);
    first.crash();
    waitAt = '';
    const second = await world.start([cls]);
    await second.ref(cls).with({ idempotencyKey: 'b' }).ask.book();
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['flight', 'hotel', 'car', 'flight', 'hotel', 'car']);
    expect(calls.slice(0, 3)).toEqual(calls.slice(3));
    expect(ofKind(await second.ref(cls).history.entries(), 'SideEffectExecuted')).toEqual([]);
    expect(await second.ref(cls).history.verify()).toEqual({ ok: true, turns: 1, unverifiable: 1, divergences: [] });
  });

  it('[JR27] a crash at any point of recovery leaves the next one what it had', async () => {
    const cls = trip({ checkpointEvery: 3 });
    const first = await world.start([cls]);
    for (let i = 0; i < 5; i++) await first.ref(cls).ask.add(1);
    await until(() => first.probe.saves.length === 1);
    first.crash();
    for (let reads = 0; reads < 3; reads++) {
      const dying = await world.start([cls]);
      abandoned(dying.ref(cls).ask.add(1));
      await settle(reads);
      dying.crash();
    }
    const last = await world.start([cls]);
    const value = await last.ref(cls).ask.current();
    const seqs = (await last.ref(cls).history.entries()).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, i) => i + 1));
    const processed = ofKind(await last.ref(cls).history.entries(), 'MessageProcessed').length;
    expect(value).toBe(processed);
  });

  it('a store that cannot be read fails the activation, never the state; the next message tries again', async () => {
    const cls = trip();
    const first = await world.start([cls]);
    await first.ref(cls).ask.add(1);
    await first.close();
    const held = world.storage.tables.actors.get('default/default/trip/a')!;
    const intact = held.entries[2]!;
    held.entries[2] = { ...intact, bytes: intact.bytes.slice(0, -1) };
    const second = await world.start([cls]);
    expect(await failureOf(second.ref(cls).ask.add(1))).toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    expect(second.probe.appends).toEqual([]);
    held.entries[2] = intact;
    expect(await second.ref(cls).ask.add(1)).toBe(2);
  });

  it('[JR20] network calls and file appends are not repeated by recovery; two calls of one name keep two results', async () => {
    let hits = 0;
    const server = createServer((_, response) => response.end(String(++hits)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const folder = await mkdtemp(join(tmpdir(), 'plexspaces-effects-'));
    const file = join(folder, 'log');
    const hold = new Gate();

    @Actor({ type: 'outside' })
    @UseFacets(durability(), virtualActor())
    class Outside {
      @State() seen: string[] = [];
      @Handle() async go(): Promise<string[]> {
        const first = await this.fetch();
        const second = await this.fetch();
        await this.write('line\n');
        await this.wait();
        this.seen = [first, second];
        return this.seen;
      }
      @SideEffect() protected async fetch(): Promise<string> {
        return (await fetch(url)).text();
      }
      @SideEffect() protected async write(line: string): Promise<void> {
        await appendFile(file, line);
      }
      @SideEffect() protected async wait(): Promise<void> {
        await hold.pass();
      }
    }
    try {
      const first = await world.start([Outside]);
      abandoned(first.ref(Outside).with({ idempotencyKey: 'k' }).ask.go());
      await hold.reached();
      first.crash();
      hold.open();
      const second = await world.start([Outside]);
      expect(await second.ref(Outside).with({ idempotencyKey: 'k' }).ask.go()).toEqual(['1', '2']);
      expect(hits).toBe(2);
      expect(await readFile(file, 'utf8')).toBe('line\n');
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
