import assert from 'node:assert/strict';
import { type LeaseHolder, type LeaseStorage, SystemEnv } from '#spi';
import { freshActor, rejectsWith } from './builders';
import { type Backend, type Bench, type Case, describeCases, type TestRunner } from './case';
import { NASTY_IDS } from './nasty-values';

type LeaseCase = Case<LeaseStorage>;

/** A lease store under test. @publicApi */
export interface LeaseBackend extends Backend<LeaseStorage> {
  /**
   * Runs `work` while everything else that the store does, on whatever connections, waits for something. Given where the
   * rest of the store can be made to wait.
   */
  whileBusy?(work: () => Promise<void>): Promise<void>;
}

/** Longer than any run of the suite. */
const LONG = 3_600_000;
/** Ends while somebody looks. */
const SHORT = 60;
const env = new SystemEnv();

const freshLease = (): string => freshActor('lease');

function isGranted({ holder, leftMs }: LeaseHolder, to: string, ttlMs: number): void {
  assert.equal(holder, to);
  assert.ok(leftMs > 0 && leftMs <= ttlMs, `${leftMs} ms are left of ${ttlMs} (L2)`);
}

/** Claims until it is granted: the lease before it has to end by itself. */
async function claimWhenFree(store: LeaseStorage, name: string, holder: string, ttlMs = LONG): Promise<LeaseHolder> {
  for (;;) {
    const seen = await store.claim(name, holder, ttlMs);
    if (seen.holder === holder) return seen;
    assert.ok(seen.leftMs >= 0, `${seen.leftMs} ms are left`);
    await new Promise<void>((resolve) => env.immediate(resolve));
  }
}

/** Many claim until they see another holder than `before`: all must see the same one. */
async function race({ store, open }: Bench<LeaseStorage>, name: string, before: string | null): Promise<void> {
  const stores = [store, await open(), await open()];
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const handle = stores[i % 3] as LeaseStorage;
      let seen = await handle.claim(name, `node ${i}`, LONG);
      while (seen.holder === before) seen = await handle.claim(name, `node ${i}`, LONG);
      return seen.holder;
    }),
  );
  const again = await Promise.all(answers.map((_, i) => store.claim(name, `node ${i}`, LONG)));
  const holders = new Set([...answers, ...again.map(({ holder }) => holder)]);
  assert.equal(holders.size, 1, `one of them holds it, not ${[...holders].join(' and ')} (L1)`);
}

const claims: LeaseCase[] = [
  {
    name: 'grants a free lease, and names its holder to everybody else (L1, L2)',
    async run({ store, open }) {
      const [name, other] = [freshLease(), await open()];
      isGranted(await store.claim(name, 'a', LONG), 'a', LONG);
      for (const handle of [store, other]) isGranted(await handle.claim(name, 'b', LONG * 9), 'a', LONG);
      isGranted(await other.claim(freshLease(), 'b', LONG), 'b', LONG);
    },
  },
  {
    name: 'grants a free lease to exactly one of many claims at once (L1)',
    run: (bench) => race(bench, freshLease(), null),
  },
  {
    name: 'grants a lease that has ended to exactly one of many claims at once (L1)',
    async run(bench) {
      for (let round = 0; round < 5; round++) {
        const name = freshLease();
        await bench.store.claim(name, 'gone', SHORT);
        await race(bench, name, 'gone');
      }
    },
  },
  {
    name: 'renews a lease for its holder, to as long as it says: longer or shorter (L2)',
    async run({ store }) {
      const name = freshLease();
      await store.claim(name, 'a', LONG);
      const longer = await store.claim(name, 'a', LONG * 3);
      assert.ok(longer.leftMs > LONG * 2, `${longer.leftMs} ms are left after a renewal to ${LONG * 3}`);
      isGranted(await store.claim(name, 'a', LONG), 'a', LONG);
      await store.claim(name, 'a', SHORT);
      isGranted(await claimWhenFree(store, name, 'b'), 'b', LONG);
    },
  },
  {
    name: "is not prolonged by anybody else's claims (L2)",
    async run({ store }) {
      const name = freshLease();
      await store.claim(name, 'a', SHORT);
      isGranted(await claimWhenFree(store, name, 'b', LONG * 2), 'b', LONG * 2);
      const left: number[] = [];
      for (let i = 0; i < 5; i++) left.push((await store.claim(name, 'c', LONG * 9)).leftMs);
      assert.deepEqual(
        left,
        left.toSorted((a, b) => b - a),
        'what is left only shrinks',
      );
    },
  },
  {
    name: 'counts from the moment of each step, by its own clock (L3)',
    async run({ store }) {
      const name = freshLease();
      for (let round = 0; round < 3; round++) {
        isGranted(await claimWhenFree(store, name, `holder ${round}`, SHORT), `holder ${round}`, SHORT);
      }
      const last = await claimWhenFree(store, name, 'last', LONG);
      await claimWhenFree(store, freshLease(), 'another', SHORT);
      const later = await store.claim(name, 'looker', LONG);
      assert.ok(later.leftMs <= last.leftMs, 'time has passed in the store');
    },
  },
  {
    name: 'lets a holder have its lease again after it has ended, if nobody took it (L2)',
    async run({ store }) {
      const [name, witness] = [freshLease(), freshLease()];
      await store.claim(name, 'a', SHORT);
      await store.claim(witness, 'a', SHORT);
      await claimWhenFree(store, witness, 'b');
      isGranted(await store.claim(name, 'a', LONG), 'a', LONG);
      isGranted(await store.claim(name, 'b', LONG), 'a', LONG);
    },
  },
];

const releases: LeaseCase[] = [
  {
    name: 'is free at once when its holder releases it (L4)',
    async run({ store, open }) {
      const [name, other] = [freshLease(), await open()];
      await store.claim(name, 'a', LONG);
      await store.release(name, 'a');
      isGranted(await other.claim(name, 'b', LONG), 'b', LONG);
    },
  },
  {
    name: 'is not ended by anybody else, nor by a release of what is not there (L4)',
    async run({ store }) {
      const name = freshLease();
      await store.release(name, 'a');
      await store.claim(name, 'a', LONG);
      await store.release(name, 'b');
      await store.release(freshLease(), 'a');
      isGranted(await store.claim(name, 'b', LONG), 'a', LONG);
      await store.release(name, 'a');
      await store.release(name, 'a');
      isGranted(await store.claim(name, 'b', LONG), 'b', LONG);
      await store.release(name, 'a'); // late: it is another's by now
      isGranted(await store.claim(name, 'a', LONG), 'b', LONG);
    },
  },
  {
    name: 'keeps names and holders exactly, and apart (L1, L4)',
    async run({ store }) {
      const space = freshLease();
      for (const nasty of NASTY_IDS) isGranted(await store.claim(space + nasty, nasty, LONG), nasty, LONG);
      for (const [i, nasty] of NASTY_IDS.entries()) {
        const other = NASTY_IDS[(i + 1) % NASTY_IDS.length] as string;
        await store.release(space + nasty, other);
        isGranted(await store.claim(space + nasty, other, LONG), nasty, LONG);
        await store.release(space + nasty, nasty);
      }
    },
  },
  {
    name: 'keeps leases when a handle closes, rejects its calls, and closes no other handle (L6)',
    async run({ store, open }) {
      const [name, closed] = [freshLease(), await open()];
      await closed.claim(name, 'a', LONG);
      await closed.close();
      await closed.close();
      await rejectsWith('PS_STORE_CLOSED', () => closed.claim(name, 'a', LONG), 'claim');
      await rejectsWith('PS_STORE_CLOSED', () => closed.release(name, 'a'), 'release');
      isGranted(await store.claim(name, 'b', LONG), 'a', LONG);
    },
  },
];

/** Every rule of LeaseStorage that any store can be held to, as cases for any runner. @publicApi */
export const leaseCases: readonly LeaseCase[] = [...claims, ...releases];

function busyCase(whileBusy: (work: () => Promise<void>) => Promise<void>): LeaseCase {
  return {
    name: 'answers while everything else that the store does has to wait (L5)',
    async run({ store }) {
      const name = freshLease();
      await whileBusy(async () => {
        isGranted(await store.claim(name, 'a', LONG), 'a', LONG);
        await store.release(name, 'a');
        isGranted(await store.claim(name, 'b', LONG), 'b', LONG);
      });
    },
  };
}

/** Declares the conformance tests of a LeaseStorage. @publicApi */
export function describeLeaseStorage(backend: LeaseBackend, runner?: TestRunner): void {
  const cases = backend.whileBusy === undefined ? leaseCases : [...leaseCases, busyCase(backend.whileBusy)];
  describeCases('lease storage', backend, cases, (store) => store.close(), runner);
}
