import assert from 'node:assert/strict';
import type { PersistentStorage } from '#spi';
import { bytesOf, during, freshActor, textOf } from './builders';
import { type Backend, type Case, describeCases, type TestRunner } from './case';
import { NASTY_BYTES, NASTY_IDS } from './nasty-values';

/** Every rule of PersistentStorage, as cases for any runner. @publicApi */
export const persistentCases: readonly Case<PersistentStorage>[] = [
  {
    name: 'tells absent from empty (S1)',
    async run({ store }) {
      const actor = freshActor();
      assert.equal(await store.tryRead(actor), null);
      await store.tryWrite(actor, new Uint8Array(0));
      assert.equal((await store.tryRead(actor))?.length, 0);
    },
  },
  {
    name: 'keeps bytes exactly, and apart from the buffers of its callers (S1)',
    async run({ store, open }) {
      for (const [name, bytes] of NASTY_BYTES) {
        const actor = freshActor();
        const own = new Uint8Array(bytes);
        const written = store.tryWrite(actor, own);
        own.fill(9);
        await written;
        for (const handle of [store, await open()]) {
          const found = (await handle.tryRead(actor)) as Uint8Array;
          assert.equal(Buffer.compare(found, bytes), 0, name);
          found.fill(8);
        }
      }
    },
  },
  {
    name: 'keeps ids exactly, and apart (S1)',
    async run({ store }) {
      const space = freshActor('');
      for (const nasty of NASTY_IDS) await store.tryWrite(space + nasty, bytesOf(nasty));
      for (const nasty of NASTY_IDS) assert.equal(textOf(await store.tryRead(space + nasty)), nasty);
    },
  },
  {
    name: 'lets the last write win (S2)',
    async run({ store }) {
      const actor = freshActor();
      for (const text of ['first', 'second, which is longer', '3']) await store.tryWrite(actor, bytesOf(text));
      assert.equal(textOf(await store.tryRead(actor)), '3');
    },
  },
  {
    name: 'shows the old bytes or the new, never a mixture (S2)',
    async run({ store, open }) {
      const actor = freshActor();
      const reader = await open();
      const writing = async (): Promise<void> => {
        for (let round = 1; round <= 12; round++)
          await store.tryWrite(actor, new Uint8Array(100_000 + round).fill(round));
      };
      await during(writing, async () => {
        const found = await reader.tryRead(actor);
        if (found === null) return;
        assert.ok(found.every((byte) => byte === found[0]));
        assert.equal(found.length, 100_000 + (found[0] as number));
      });
    },
  },
  {
    name: 'takes writes of one actor at once: one of them stands (S2)',
    async run({ store }) {
      const actor = freshActor();
      const texts = Array.from({ length: 10 }, (_, i) => `text ${i} `.repeat(i * 500 + 1));
      await Promise.all(texts.map((text) => store.tryWrite(actor, bytesOf(text))));
      assert.ok(texts.includes(textOf(await store.tryRead(actor)) as string));
    },
  },
];

/** Declares the conformance tests of a PersistentStorage. @publicApi */
export function describePersistentStorage(backend: Backend<PersistentStorage>, runner?: TestRunner): void {
  describeCases('persistent storage', backend, persistentCases, () => Promise.resolve(), runner);
}
