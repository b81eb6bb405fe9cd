import assert from 'node:assert/strict';
import type { CheckpointRecord } from '#spi';
import { StateImage, encodeCheckpoint, loadCheckpoint } from '#journal';
import { bytesOf } from '../../../libs/testing/src/conformance/builders';
import type { DiskCase } from './power-cases';
import { World, scripted, track } from './world';

const record = (seq: number, text = `state at ${seq}`): CheckpointRecord => ({
  actor: 'a',
  seq,
  time: 0,
  bytes: bytesOf(text),
});
const text = (found: CheckpointRecord | null | undefined): string | null =>
  found ? Buffer.from(found.bytes).toString() : null;

export const checkpointFaultCases: readonly DiskCase[] = [
  {
    name: 'a save fails before it is there, or after (C1)',
    async run(make) {
      const faults = { failUnapplied: 1, failApplied: 1 };
      const choices = scripted({ 'save.failsUnapplied': [1], 'save.failsApplied': [1] });
      const world = new World(make, { choices, faults });
      const { checkpoints } = world.open().storage;
      assert.equal((await world.answer(checkpoints.save(record(1), 2))).state, 'rejected');
      assert.deepEqual(await checkpoints.list('a'), []);
      assert.equal((await world.answer(checkpoints.save(record(1), 2))).state, 'rejected');
      assert.deepEqual(await checkpoints.list('a'), [1]);
    },
  },
  {
    name: 'a save that was answered outlives the power (C1)',
    async run(make) {
      const world = new World(make, {
        choices: scripted({ 'sync.latency': [5], 'power.save': [1] }),
        faults: { latencyMs: 9 },
      });
      const node = world.open();
      assert.equal((await world.answer(node.storage.checkpoints.save(record(1), 2))).state, 'resolved');
      world.crash(node, 'power');
      assert.equal(text((await world.answer(world.open().storage.checkpoints.latest('a'))).value), 'state at 1');
    },
  },
  {
    name: 'a save under way when the power fails ends whole, absent or torn; the one before it is sound (C1)',
    async run(make) {
      for (const [end, expected] of [
        [0, 'state at 2'],
        [1, 'state at 1'],
        [2, 'state'],
      ] as const) {
        const script = { 'sync.latency': [5], 'power.save': [end], 'power.save.written': [5] };
        const world = new World(make, {
          choices: scripted({ ...script, 'sync.latency': [0, 5] }),
          faults: { latencyMs: 9 },
        });
        const node = world.open();
        await world.answer(node.storage.checkpoints.save(record(1), 1));
        const saving = track(node.storage.checkpoints.save(record(2), 1));
        assert.equal(saving.state, 'pending');
        world.crash(node, 'power');
        const { checkpoints } = world.open().storage;
        assert.equal(world.disk.fired.get('power.tornCheckpoint') ?? 0, end === 2 ? 1 : 0);
        assert.equal(text((await world.answer(checkpoints.latest('a'))).value), expected);
        assert.equal(text((await world.answer(checkpoints.latest('a', 1))).value), 'state at 1');
      }
    },
  },
  {
    name: 'a checkpoint that is replaced when the power fails is the old one or the new, never torn (C1)',
    async run(make) {
      const script = { 'sync.latency': [0, 5], 'power.save': [2], 'power.save.written': [2] };
      const world = new World(make, { choices: scripted(script), faults: { latencyMs: 9 } });
      const node = world.open();
      await world.answer(node.storage.checkpoints.save(record(1, 'old'), 2));
      void node.storage.checkpoints.save(record(1, 'new'), 2);
      world.crash(node, 'power');
      assert.equal(text((await world.answer(world.open().storage.checkpoints.latest('a'))).value), 'old');
    },
  },
  {
    name: 'a save under way when its process dies is whole or absent; that of another life goes on (C1)',
    async run(make) {
      for (const loses of [0, 1]) {
        const choices = scripted({ 'sync.latency': [5, 5], 'crash.losesSave': [loses, 1] });
        const world = new World(make, { choices, faults: { latencyMs: 9 } });
        const [node, other] = [world.open(), world.open()];
        void node.storage.checkpoints.save(record(1), 9);
        const saving = track(other.storage.checkpoints.save(record(2), 9));
        world.crash(node, 'process');
        await world.idle();
        assert.equal(saving.state, 'resolved');
        assert.deepEqual((await world.answer(other.storage.checkpoints.list('a'))).value, loses === 1 ? [2] : [2, 1]);
      }
    },
  },
  {
    name: 'a power failure rejects a save of another life that is under way',
    async run(make) {
      const world = new World(make, {
        choices: scripted({ 'sync.latency': [5], 'power.save': [1] }),
        faults: { latencyMs: 9 },
      });
      const saving = track(world.open().storage.checkpoints.save(record(1), 2));
      world.crash(world.open(), 'power');
      await world.idle();
      assert.equal(saving.state, 'rejected');
    },
  },
  {
    name: 'the newest checkpoint rots, for good, where there is a sound one before it, and nowhere else',
    async run(make) {
      const choices = scripted({
        'checkpoint.rots': [1, 1, 1, 1, 1, 1],
        'checkpoint.rots.bit': [0, 3],
        'checkpoint.damage.refused': [0, 1],
      });
      const world = new World(make, { choices, faults: { checkpointRots: 1 } });
      const { checkpoints } = world.open().storage;
      await checkpoints.save(record(1), 2);
      assert.equal(text(await checkpoints.latest('a')), 'state at 1', 'it is the only one');
      await checkpoints.save(record(2), 2);
      assert.equal(text(await checkpoints.latest('a')), 'rtate at 2');
      assert.equal(text(await checkpoints.latest('a')), 'rtate at 2', 'once is enough');
      assert.equal(text(await checkpoints.latest('a', 1)), 'state at 1');
      await checkpoints.save(record(3), 2);
      assert.equal(text(await checkpoints.latest('a')), 'state at 3', 'the one before it has rotted');
      await checkpoints.save(record(4), 2);
      for (let again = 0; again < 2; again++) {
        const refused = await world.answer(checkpoints.latest('a'));
        assert.equal((refused.error as { code?: string }).code, 'PS_CORRUPT_RECORD', 'the one before it is sound now');
      }
      assert.equal(text(await checkpoints.latest('a', 3)), 'state at 3');
    },
  },
  {
    name: 'whatever became of the newest checkpoint, recovery goes by its checksum and begins at the one before (C4, P8)',
    async run(make) {
      const seen = { 1: 0, 2: 0 };
      for (let seed = 1; seed <= 60; seed++) {
        const world = new World(make, { seed, faults: { latencyMs: 5, checkpointRots: 0.3 } });
        const node = world.open();
        const encoded = (seq: 1 | 2): Promise<CheckpointRecord> =>
          encodeCheckpoint(
            { actor: 'a', seq, time: 0, schema: 1, image: StateImage.of({ n: seq }), activation: null },
            'none',
          );
        const [first, second] = [await encoded(1), await encoded(2)];
        await world.answer(node.storage.checkpoints.save(first, 2));
        void node.storage.checkpoints.save(second, 2);
        await world.events(1);
        world.crash(node, 'power');
        const found = (await world.answer(loadCheckpoint(world.open().storage, 'a', 2))).value;
        assert.ok(found, `nothing to begin at (seed ${seed})`);
        assert.deepEqual(found.image.toObject(), { n: found.seq }, `seed ${seed}`);
        seen[found.seq as 1 | 2]++;
      }
      assert.ok(seen[1] > 10 && seen[2] > 10, `${seen[1]} fell back, ${seen[2]} did not`);
    },
  },
];
