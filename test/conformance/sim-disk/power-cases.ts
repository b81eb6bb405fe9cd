import assert from 'node:assert/strict';
import type { Write } from '#spi';
import { Random, seedOfRun } from '../../../libs/testing/src/conformance/random';
import { append, accept, NEW, rowFor, done } from '../../../libs/testing/src/conformance/builders';
import { contents, randomWrite, recordSteps, replay, tagOf, type Step } from './random-log';
import { type MakeDisk, type Node, World, scripted, track } from './world';

export interface DiskCase {
  readonly name: string;
  readonly run: (make: MakeDisk) => Promise<void>;
}

const SEEDS = 50;

/** What a run of {@link crashAtRandom} saw. */
interface Seen {
  lost: number;
  kept: number;
  crashes: number;
}

/**
 * Two lives write at random, with latency; now and then one dies, by itself or with the power. After each crash the store must be one
 * that did a first part of what it was told, and all that was acknowledged.
 */
async function crashAtRandom(make: MakeDisk, seed: number, how: 'process' | 'power', seen: Seen): Promise<void> {
  const random = new Random(seed);
  const world = new World(make, { seed, faults: { latencyMs: 5 } });
  const steps: Step[] = recordSteps(world.disk);
  let acknowledged = 0;
  const tookBack: string[] = [];
  const { tables } = world.disk.engine;
  let lives: Node[] = [world.open('a'), world.open('b')];
  let tags = 0;
  for (let crash = 0; crash < 4; crash++) {
    for (let round = random.below(12); round >= 0; round--) {
      const life = random.pick(lives).storage;
      if (random.below(10) === 0) void life.journal.truncate(random.pick(['a', 'b', 'c']), random.below(9));
      else if (random.below(10) === 0) void life.inbox.sweep(random.below(100), 1_000);
      else {
        const writes = Array.from({ length: 1 + random.below(3) }, () => randomWrite(random, tables, `t${++tags}`));
        const last = tagOf({ kind: 'write', write: writes.at(-1) as Write });
        life.journal.flush(writes).then(
          () => {
            const at = steps.findIndex((step) => tagOf(step) === last);
            if (at === -1) tookBack.push(last as string);
            acknowledged = Math.max(acknowledged, at + 1);
          },
          () => undefined, // the power failed in between
        );
      }
      await world.events(random.below(6));
    }
    const victim = random.pick(lives);
    const told = steps.length;
    world.crash(victim, how);
    seen.crashes++;
    const found = contents(tables);
    let kept = told;
    if (how === 'power') {
      while (kept >= acknowledged && contents(await replay(steps.slice(0, kept))) !== found) kept--;
      assert.ok(
        kept >= acknowledged,
        `no prefix of ${told} steps from ${acknowledged} acknowledged ones explains the store`,
      );
    } else assert.equal(found, contents(await replay(steps)), 'what was applied stays');
    seen.lost += told - kept;
    seen.kept += kept - acknowledged;
    steps.length = kept;
    acknowledged = Math.min(acknowledged, kept);
    lives = [...lives.filter((life) => life !== victim), world.open()];
  }
  await world.idle();
  assert.deepEqual(tookBack, [], 'acknowledged after the power failure that took them');
  assert.equal(contents(tables), contents(await replay(steps)), 'after the last crash it goes on as ever');
}

async function manySeeds(make: MakeDisk, how: 'process' | 'power'): Promise<Seen> {
  const seen: Seen = { lost: 0, kept: 0, crashes: 0 };
  const first = seedOfRun(() => 1);
  for (let seed = first; seed < first + SEEDS; seed++) {
    await crashAtRandom(make, seed, how, seen).catch((error: unknown) => {
      throw new Error(`seed ${seed} (repeat with PLEXSPACES_SEED=${seed}): ${String(error)}`, { cause: error });
    });
  }
  return seen;
}

const SLOW_SYNC = { 'sync.latency': [7, 7, 7, 7] };

export const powerCases: readonly DiskCase[] = [
  {
    name: 'a power failure keeps what was acknowledged and a first part of the rest, write by write (J1, J8)',
    async run(make) {
      const seen = await manySeeds(make, 'power');
      assert.ok(seen.lost > SEEDS / 4, `only ${seen.lost} writes were ever lost`);
      assert.ok(seen.kept > SEEDS / 4, `only ${seen.kept} writes were kept that were not acknowledged`);
    },
  },
  {
    name: 'the death of a process keeps all that reached the store (J8)',
    async run(make) {
      await manySeeds(make, 'process');
    },
  },
  {
    name: 'a flush is not acknowledged before it is synced, and then for good (J8)',
    async run(make) {
      const world = new World(make, {
        choices: scripted({ ...SLOW_SYNC, 'power.lostWrites': [9, 9] }),
        faults: { latencyMs: 9 },
      });
      const node = world.open();
      const first = track(node.storage.journal.flush([append('a', NEW, ['x'])]));
      await world.until(6);
      assert.equal(first.state, 'pending');
      world.crash(node, 'power');
      const next = world.open();
      assert.equal((await world.answer(next.storage.journal.head('a'))).value?.seq, 0);
      const [outcome] = (await world.answer(next.storage.journal.flush([append('a', NEW, ['y'])]))).value ?? [];
      assert.equal(outcome?.kind, 'committed');
      world.crash(next, 'power');
      assert.equal((await world.answer(world.open().storage.journal.head('a'))).value?.seq, 1);
    },
  },
  {
    name: 'a write torn by a power failure leaves nothing: no entry, no send, no answer (J1)',
    async run(make) {
      for (const lost of [1, 2]) {
        const world = new World(make, {
          choices: scripted({ ...SLOW_SYNC, 'power.lostWrites': [lost] }),
          faults: { latencyMs: 9 },
        });
        const node = world.open();
        const writes = [
          append('a', NEW, ['1', '2'], { inbox: [done('m', 'yes')], sends: [rowFor('b', 's')] }),
          append('a', { seq: 2, epoch: 1 }, ['3', '4'], { inbox: [done('n', 'yes')], sends: [rowFor('b', 't')] }),
        ];
        void node.storage.journal.flush(writes);
        world.crash(node, 'power');
        const { journal, inbox } = world.open().storage;
        const left = 2 - lost;
        assert.equal((await world.answer(journal.head('a'))).value?.seq, left * 2);
        assert.equal((await world.answer(inbox.pending('b'))).value?.length, left);
        assert.equal((await world.answer(inbox.find('a', 'n'))).value, null);
        assert.equal((await world.answer(inbox.find('a', 'm'))).value?.state, left === 0 ? undefined : 'done');
      }
    },
  },
  {
    name: 'nobody is told of a write that may still be lost, and a sleeper holds nobody up (J4)',
    async run(make) {
      const world = new World(make, {
        choices: scripted({ 'sync.latency': [90, 7], 'power.lostWrites': [1] }),
        faults: { latencyMs: 99 },
      });
      const [sleeper, reader] = [world.open('sleeper'), world.open('reader')];
      void sleeper.storage.journal.flush([append('a', NEW, ['x'])]);
      world.clock.pause(sleeper.env);
      const head = track(reader.storage.journal.head('a'));
      await world.until(6);
      assert.equal(head.state, 'pending', 'what it saw is not synced');
      await world.idle();
      assert.equal(head.value?.seq, 1, 'it synced what it saw');
      world.crash(reader, 'power');
      assert.equal((await world.answer(world.open().storage.journal.head('a'))).value?.seq, 1);
    },
  },
  {
    name: 'a power failure rejects what other lives still wait for: its outcome is unknown (J7)',
    async run(make) {
      const world = new World(make, {
        choices: scripted({ 'sync.latency': [50, 50], 'power.lostWrites': [1] }),
        faults: { latencyMs: 99 },
      });
      const [one, other] = [world.open('one'), world.open('other')];
      const flushed = track(other.storage.journal.flush([accept('a', 'm')]));
      const found = track(other.storage.inbox.find('a', 'm'));
      world.crash(one, 'power');
      await world.idle();
      for (const { state, error } of [flushed, found]) {
        assert.equal(state, 'rejected');
        assert.equal((error as { code?: string }).code, 'PS_STORE_FAILED');
      }
      assert.equal((await world.answer(other.storage.inbox.find('a', 'm'))).value, null);
    },
  },
];
