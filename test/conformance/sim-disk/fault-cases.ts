import assert from 'node:assert/strict';
import { accept, append, bytesOf, NEW } from '../../../libs/testing/src/conformance/builders';
import type { DiskCase } from './power-cases';
import { type MakeDisk, STOPPED, World, scripted, track } from './world';

const EVER = { failUnapplied: 1, failApplied: 1, neverAnswers: 1, outOfSpace: 1, readFails: 1 };

const code = (error: unknown): unknown => (error as { code?: unknown } | undefined)?.code;

/** A world that decides as told, in which every fault may strike and none has to. */
function told(make: MakeDisk, script: Record<string, readonly number[]>, latencyMs = 0): World {
  return new World(make, { choices: scripted(script), faults: { ...EVER, latencyMs } });
}

export const faultCases: readonly DiskCase[] = [
  {
    name: 'a commit that fails unapplied is rejected and leaves nothing (J7)',
    async run(make) {
      const world = told(make, { 'flush.failsUnapplied': [1] });
      const { journal } = world.open().storage;
      const failed = await world.answer(journal.flush([append('a', NEW, ['x'])]));
      assert.equal(code(failed.error), 'PS_STORE_FAILED');
      assert.equal((await journal.head('a')).seq, 0);
      assert.equal((await journal.flush([append('a', NEW, ['x'])]))[0]?.kind, 'committed');
      assert.deepEqual([...world.disk.fired], [['flush.failsUnapplied', 1]]);
    },
  },
  {
    name: 'a commit that fails applied is rejected and is there, or its first writes are (J7)',
    async run(make) {
      for (const cut of [0, 1, 2]) {
        const world = told(make, { 'flush.failsApplied': [1], 'flush.cutShort': [cut] });
        const { journal, inbox } = world.open().storage;
        const failed = await world.answer(journal.flush([append('a', NEW, ['x']), accept('a', 'm'), accept('a', 'n')]));
        assert.equal(code(failed.error), 'PS_STORE_FAILED');
        assert.equal((await journal.head('a')).seq, 1);
        assert.equal((await inbox.pending('a')).length, 2 - cut);
      }
    },
  },
  {
    name: 'a commit that never answers is applied or not, says neither, and is counted (J7)',
    async run(make) {
      for (const applied of [0, 1]) {
        const world = told(make, { 'flush.neverAnswers': [1], 'flush.neverAnswers.applied': [applied] });
        const { storage } = world.open();
        const asked = await world.answer(storage.journal.flush([append('a', NEW, ['x'])]));
        assert.deepEqual(asked, { state: 'pending' });
        assert.equal(storage.hanging, 1);
        world.disk.heal();
        await world.idle();
        assert.equal(asked.state, 'pending');
        assert.equal((await storage.journal.head('a')).seq, applied);
      }
    },
  },
  {
    name: 'a full disk refuses what needs space until there is some; it can be read, truncated and swept (J7)',
    async run(make) {
      const world = told(make, { 'flush.outOfSpace': [0, 1], 'outOfSpace.length': [2] });
      const { journal, inbox, checkpoints } = world.open().storage;
      await journal.flush([append('a', NEW, ['x'])]);
      const next = append('a', { seq: 1, epoch: 1 }, ['y']);
      for (let attempt = 0; attempt < 2; attempt++) {
        assert.match(String((await world.answer(journal.flush([next]))).error), /no space is left/);
        assert.equal((await journal.head('a')).seq, 1);
      }
      await journal.truncate('a', 1);
      await inbox.sweep(0, 1);
      const save = checkpoints.save({ actor: 'a', seq: 1, time: 0, bytes: bytesOf('s') }, 2);
      assert.match(String((await world.answer(save)).error), /no space is left/);
      assert.equal((await journal.flush([next]))[0]?.kind, 'committed');
    },
  },
  {
    name: 'healing brings the space back, and nothing is asked of chance any more',
    async run(make) {
      const choices = scripted({ 'flush.outOfSpace': [1], 'outOfSpace.length': [7] });
      const world = new World(make, { choices, faults: { ...EVER, checkpointRots: 1, latencyMs: 5 } });
      const { journal, inbox, checkpoints } = world.open().storage;
      assert.equal((await world.answer(journal.flush([accept('a', 'm')]))).state, 'rejected');
      world.disk.heal();
      const asked = choices.asked.length;
      assert.equal((await journal.flush([append('a', NEW, ['x'])]))[0]?.kind, 'committed');
      await checkpoints.save({ actor: 'a', seq: 1, time: 0, bytes: bytesOf('s') }, 2);
      await Promise.all([journal.head('a'), inbox.due(9, 9), checkpoints.latest('a'), journal.truncate('a', 1)]);
      assert.equal(choices.asked.length, asked);
    },
  },
  {
    name: 'a read fails once, and is answered when it is asked again (J7)',
    async run(make) {
      const world = told(make, { 'head.fails': [1], 'find.fails': [1], 'latest.fails': [1], 'read.fails': [0, 1] });
      const { journal, inbox, checkpoints } = world.open().storage;
      await journal.flush([append('a', NEW, ['x'])]);
      const reads = [() => journal.head('a'), () => inbox.find('a', 'm'), () => checkpoints.latest('a')];
      for (const read of reads) {
        assert.equal(code((await world.answer<unknown>(read())).error), 'PS_STORE_FAILED');
        assert.equal((await world.answer<unknown>(read())).state, 'resolved');
      }
      const pages = journal.read('a', 0);
      assert.equal((await pages.next()).value?.length, 1);
      assert.equal(code((await world.answer(pages.next())).error), 'PS_STORE_FAILED');
    },
  },
  {
    name: 'every request takes its time, as long as it was given',
    async run(make) {
      const world = told(
        make,
        { 'head.latency': [4], 'flush.latency': [3], 'sync.latency': [5], 'latest.latency': [6] },
        9,
      );
      const { journal, checkpoints } = world.open().storage;
      const at: Record<string, number> = {};
      const note = (name: string) => () => (at[name] = world.clock.time);
      void journal.head('b').then(note('head'));
      void journal.flush([append('a', NEW, ['x'])]).then(note('flush'));
      void checkpoints.latest('a').then(note('latest'));
      await world.idle();
      assert.deepEqual(at, { head: 4 + 0, latest: 6, flush: 8 });
    },
  },
  {
    name: 'nothing of a dead life arrives, and nothing is answered to it',
    async run(make) {
      for (const how of ['process', 'power'] as const) {
        const world = told(make, { 'flush.latency': [5], 'head.latency': [5] }, 9);
        const node = world.open();
        const before = [
          track<unknown>(node.storage.journal.flush([append('a', NEW, ['x'])])),
          track<unknown>(node.storage.journal.head('a')),
        ];
        world.disk.crash(node.storage, how); // its clock goes on: it is the disk that must not listen
        const { journal, inbox, checkpoints } = node.storage;
        const after = [
          journal.flush([accept('a', 'm')]),
          inbox.find('a', 'm'),
          checkpoints.save({ actor: 'a', seq: 1, time: 0, bytes: bytesOf('s') }, 2),
          checkpoints.latest('a'),
          journal.read('a', 0).next(),
        ].map((asked) => track<unknown>(asked));
        await world.idle();
        for (const { state } of [...before, ...after]) assert.equal(state, 'pending');
        const next = world.open().storage;
        assert.equal((await world.answer(next.journal.head('a'))).value?.seq, 0);
        assert.deepEqual((await world.answer(next.inbox.pending('a'))).value, []);
        assert.deepEqual((await world.answer(next.checkpoints.list('a'))).value, []);
      }
    },
  },
  {
    name: 'a paused life and its successor race for one head row (J2)',
    async run(make) {
      const world = told(make, { 'flush.latency': [5] }, 9);
      const [zombie, successor] = [world.open('zombie'), world.open('successor')];
      const late = track(zombie.storage.journal.flush([append('a', NEW, ['late'], { writer: 'zombie' })]));
      world.clock.pause(zombie.env);
      await world.answer(successor.storage.journal.flush([append('a', NEW, ['x'], { writer: 'successor' })]));
      assert.equal(late.state, 'pending');
      world.clock.resume(zombie.env);
      await world.idle();
      assert.deepEqual(late.value, [{ kind: 'conflict', actual: { seq: 1, epoch: 1 } }]);
      assert.equal((await world.answer(successor.storage.journal.head('a'))).value?.writer, 'successor');
    },
  },
  {
    name: 'a message id is accepted once, whichever life brings it (J6)',
    async run(make) {
      const world = told(make, {});
      const [one, other] = [world.open().storage, world.open().storage];
      await one.journal.flush([accept('a', 'm', { argsHash: 'first' })]);
      const [again] = await other.journal.flush([accept('a', 'm', { argsHash: 'second' })]);
      assert.equal(again?.kind, 'duplicate');
      assert.equal((await one.inbox.find('a', 'm'))?.argsHash, 'first');
    },
  },
  {
    name: 'a life whose clock stands still waits, and alone',
    async run(make) {
      const world = told(make, { 'flush.latency': [1, 1] }, 9);
      const asleep = world.disk.open(STOPPED);
      const waiting = track(asleep.journal.flush([accept('a', 'm')]));
      assert.equal((await world.answer(world.open().storage.journal.flush([accept('a', 'n')]))).state, 'resolved');
      assert.equal(waiting.state, 'pending');
    },
  },
];
