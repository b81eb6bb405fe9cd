import assert from 'node:assert/strict';
import type { CheckpointRecord, CheckpointStorage } from '#spi';
import { bytesOf, during, freshActor, rejectsWith, textOf } from './builders';
import { type Backend, type Case, describeCases, type TestRunner } from './case';
import { NASTY_BYTES, NASTY_IDS } from './nasty-values';

type CheckpointCase = Case<CheckpointStorage>;

const KEEP_ALL = 1_000;

function checkpoint(actor: string, seq: number, text = `state at ${seq}`): CheckpointRecord {
  return { actor, seq, time: 1_700_000_000_000 + seq, bytes: bytesOf(text) };
}

function seen(record: CheckpointRecord | null): unknown {
  return record && { ...record, bytes: textOf(record.bytes) };
}

/** A plain array, whatever realm the storage takes its own from. */
async function listed(store: CheckpointStorage, actor: string): Promise<number[]> {
  return [...(await store.list(actor))];
}

/** Every rule of CheckpointStorage, as cases for any runner. @publicApi */
export const checkpointCases: readonly CheckpointCase[] = [
  {
    name: 'gives a checkpoint back as it was saved (C1)',
    async run({ store, open }) {
      const actor = freshActor();
      await store.save(checkpoint(actor, 7), 2);
      const expected = { actor, seq: 7, time: 1_700_000_000_007, bytes: 'state at 7' };
      for (const handle of [store, await open()]) assert.deepEqual(seen(await handle.latest(actor)), expected);
    },
  },
  {
    name: 'keeps bytes exactly, and apart from the buffers of its callers (C1)',
    async run({ store }) {
      for (const [name, bytes] of NASTY_BYTES) {
        const actor = freshActor();
        const own = new Uint8Array(bytes);
        const saved = store.save({ actor, seq: 1, time: 0, bytes: own }, 2);
        own.fill(9);
        await saved;
        for (let round = 0; round < 2; round++) {
          const found = (await store.latest(actor))?.bytes as Uint8Array;
          assert.equal(Buffer.compare(found, bytes), 0, name);
          found.fill(8);
        }
      }
    },
  },
  {
    name: 'never shows a reader a checkpoint in part (C1)',
    async run({ store, open }) {
      const actor = freshActor();
      const reader = await open();
      const saving = async (): Promise<void> => {
        for (let seq = 1; seq <= 12; seq++) {
          await store.save({ actor, seq, time: 0, bytes: new Uint8Array(200_000).fill(seq) }, 2);
        }
      };
      await during(saving, async () => {
        const found = await reader.latest(actor);
        if (found === null) return;
        assert.equal(found.bytes.length, 200_000);
        assert.ok(found.bytes.every((byte) => byte === found.seq));
      });
    },
  },
  {
    name: 'orders by seq: an older one saved later is never the latest (C2)',
    async run({ store }) {
      const actor = freshActor();
      for (const seq of [10, 30, 20, 9, 100, 2]) await store.save(checkpoint(actor, seq), KEEP_ALL);
      assert.equal((await store.latest(actor))?.seq, 100);
      assert.deepEqual(await listed(store, actor), [100, 30, 20, 10, 9, 2]);
    },
  },
  {
    name: 'finds the newest at or below a sequence number (C2)',
    async run({ store }) {
      const actor = freshActor();
      for (const seq of [10, 20, 30]) await store.save(checkpoint(actor, seq), KEEP_ALL);
      const through = async (seq: number): Promise<number | undefined> => (await store.latest(actor, seq))?.seq;
      assert.deepEqual(await Promise.all([9, 10, 11, 29, 30, 1e9].map(through)), [undefined, 10, 10, 20, 30, 30]);
    },
  },
  {
    name: 'replaces a checkpoint of the same seq (C2)',
    async run({ store }) {
      const actor = freshActor();
      await store.save(checkpoint(actor, 5, 'first'), 2);
      await store.save({ ...checkpoint(actor, 5, 'second'), time: 3 }, 2);
      assert.deepEqual(await listed(store, actor), [5]);
      assert.deepEqual(seen(await store.latest(actor)), { actor, seq: 5, time: 3, bytes: 'second' });
    },
  },
  {
    name: 'keeps the newest and prunes the rest (C3)',
    async run({ store }) {
      const actor = freshActor();
      for (let seq = 1; seq <= 6; seq++) {
        await store.save(checkpoint(actor, seq), 3);
        assert.deepEqual(
          await listed(store, actor),
          [seq, seq - 1, seq - 2].filter((held) => held > 0),
        );
      }
      await store.save(checkpoint(actor, 2), 3);
      assert.deepEqual(await listed(store, actor), [6, 5, 4], 'an older one does not push a newer one out');
      await store.save(checkpoint(actor, 7), 1);
      assert.deepEqual(await listed(store, actor), [7]);
      await store.save(checkpoint(actor, 8), 0);
      assert.deepEqual(await listed(store, actor), [8], 'what was just saved is kept');
    },
  },
  {
    name: 'answers absent with null and an empty list (C4)',
    async run({ store }) {
      const actor = freshActor();
      assert.equal(await store.latest(actor), null);
      assert.deepEqual(await listed(store, actor), []);
    },
  },
  {
    name: 'keeps ids exactly, and apart (C4)',
    async run({ store }) {
      const space = freshActor('');
      for (const [i, nasty] of NASTY_IDS.entries()) await store.save(checkpoint(space + nasty, i + 1), 2);
      for (const [i, nasty] of NASTY_IDS.entries()) {
        assert.deepEqual(seen(await store.latest(space + nasty)), seen(checkpoint(space + nasty, i + 1)));
        assert.deepEqual(await listed(store, space + nasty), [i + 1]);
      }
    },
  },
  {
    name: 'takes saves of one actor at once (C1, C3)',
    async run({ store, open }) {
      const actor = freshActor();
      const stores = [store, await open()];
      await Promise.all(
        Array.from({ length: 12 }, (_, i) => (stores[i % 2] as typeof store).save(checkpoint(actor, i + 1), 2)),
      );
      assert.equal((await store.latest(actor))?.seq, 12);
      const held = await listed(store, actor);
      assert.equal(held[0], 12);
      assert.ok(held.length >= 1 && held.length <= 2, `${held.length} are held`);
    },
  },
  {
    name: 'purges the checkpoints of one actor, as often as it is asked to (C6)',
    async run({ store, open }) {
      const [actor, other, never] = [freshActor(), freshActor('other'), freshActor('never')];
      for (const seq of [1, 2]) for (const each of [actor, other]) await store.save(checkpoint(each, seq), 2);
      for (let times = 0; times < 2; times++) {
        await (await open()).purge(actor);
        assert.equal(await store.latest(actor), null);
        assert.deepEqual(await listed(store, actor), []);
      }
      await store.purge(never);
      assert.deepEqual(await listed(store, other), [2, 1]);
      await store.save(checkpoint(actor, 3), 2);
      assert.deepEqual(await listed(store, actor), [3]);
    },
  },
  {
    name: 'rejects every call after close, and closes no other handle (C5)',
    async run({ store, open }) {
      const actor = freshActor();
      const closed = await open();
      await closed.save(checkpoint(actor, 1), 2);
      await closed.close();
      await closed.close();
      await rejectsWith('PS_STORE_CLOSED', () => closed.save(checkpoint(actor, 2), 2), 'save');
      await rejectsWith('PS_STORE_CLOSED', () => closed.latest(actor), 'latest');
      await rejectsWith('PS_STORE_CLOSED', () => closed.list(actor), 'list');
      await rejectsWith('PS_STORE_CLOSED', () => closed.purge(actor), 'purge');
      assert.equal((await store.latest(actor))?.seq, 1);
    },
  },
];

/** Declares the conformance tests of a CheckpointStorage. @publicApi */
export function describeCheckpointStorage(backend: Backend<CheckpointStorage>, runner?: TestRunner): void {
  describeCases('checkpoint storage', backend, checkpointCases, (store) => store.close(), runner);
}
