import assert from 'node:assert/strict';
import type { AppendWrite, Head, HeadRow } from '#spi';
import {
  accept,
  append,
  commit,
  done,
  during,
  ended,
  entriesAfter,
  freshActor,
  type MessageStorage,
  NEW,
  plain,
  readAll,
  rowFor,
  write,
} from './builders';
import type { Case } from './case';
import { NASTY_IDS } from './nasty-values';

/** An actor with three entries, an answered and a parked message, and one that waits. */
async function makeActor({ journal }: MessageStorage, actor: string, status: 'live' | 'terminated'): Promise<Head> {
  const inbox = [done('answered', 'yes'), ended('parked', 'parked', 'why')];
  const head = await commit(journal, append(actor, NEW, ['1', '2'], { inbox }));
  const last = await commit(journal, append(actor, head, ['3'], { writer: 'last', schema: 4, status }));
  await commit(journal, accept(actor, 'waiting'));
  return last;
}

const archived = (head: Head): HeadRow => ({ ...head, writer: 'archive', schema: 2, status: 'live' });

const purging: Case<MessageStorage>[] = [
  {
    name: 'purges a terminated actor: entries and ended messages go, head row and waiting messages stay (J13, J3)',
    async run({ store, open }) {
      const { journal, inbox } = store;
      const [actor, other] = [freshActor(), freshActor('other')];
      const head = await makeActor(store, actor, 'terminated');
      await makeActor(store, other, 'terminated');
      for (const again of [false, true]) {
        assert.deepEqual(await journal.purge([actor]), [true], `again: ${again}`);
        assert.deepEqual(await readAll(journal, actor), []);
        assert.equal(await inbox.find(actor, 'answered'), null);
        assert.deepEqual(await inbox.parked(actor), []);
        assert.equal((await inbox.find(actor, 'waiting'))?.state, 'queued');
      }
      const seen = await (await open()).journal.head(actor);
      assert.deepEqual(seen, { ...head, writer: 'last', schema: 4, status: 'terminated' });
      assert.equal((await readAll(journal, other)).length, 3);
      assert.equal((await inbox.find(other, 'answered'))?.state, 'done');
      assert.equal((await inbox.parked(other)).length, 1);
    },
  },
  {
    name: 'leaves actors alone that are not terminated, and says which those are (J13)',
    async run({ store }) {
      const { journal, inbox } = store;
      const [gone, live, unknown] = [freshActor('gone'), freshActor('live'), freshActor('unknown')];
      await makeActor(store, gone, 'terminated');
      await makeActor(store, live, 'live');
      const absent = freshActor('absent');
      await commit(journal, append(absent, NEW, ['1'], { status: 'absent' }));
      assert.deepEqual(await journal.purge([live, gone, unknown, absent]), [false, true, false, false]);
      assert.deepEqual(await journal.purge([]), []);
      assert.equal((await readAll(journal, live)).length, 3);
      assert.equal((await readAll(journal, absent)).length, 1);
      assert.equal((await inbox.find(live, 'answered'))?.state, 'done');
      assert.equal((await inbox.parked(live)).length, 1);
      assert.equal((await journal.head(unknown)).status, 'absent');
      assert.deepEqual(await journal.actors(unknown, '', 10), []);
    },
  },
  {
    name: 'answers a stale append to a purged actor with a conflict (J13, J2)',
    async run({ store }) {
      const { journal } = store;
      const actor = freshActor();
      const head = await makeActor(store, actor, 'terminated');
      await journal.purge([actor]);
      for (const expected of [NEW, { seq: 0, epoch: 1 }, { seq: 2, epoch: 1 }]) {
        const outcome = await write(journal, append(actor, expected, ['stale']));
        assert.deepEqual(outcome, { kind: 'conflict', actual: head });
      }
      assert.deepEqual(await readAll(journal, actor), []);
      await commit(journal, append(actor, head, ['4'], { status: 'terminated', inbox: [done('answered', 'anew')] }));
      assert.deepEqual(await readAll(journal, actor), [[4, '4']]);
    },
  },
  {
    name: 'purges beside the last append of an actor: all of it or nothing, never half (J13, J1)',
    async run({ store, open }) {
      const other = (await open()).journal;
      for (let i = 0; i < 20; i++) {
        const actor = freshActor(`race-${i}`);
        const head = await commit(store.journal, append(actor, NEW, ['1', '2'], { inbox: [done('m', 'yes')] }));
        const last: AppendWrite = append(actor, head, ['3'], { status: 'terminated', inbox: [done('n', 'yes')] });
        const [outcome, [isGone]] = await Promise.all([write(store.journal, last), other.purge([actor])]);
        assert.equal(outcome.kind, 'committed');
        assert.equal((await readAll(store.journal, actor)).length, isGone === true ? 0 : 3);
        assert.equal((await store.inbox.find(actor, 'm')) === null, isGone);
        assert.equal((await store.inbox.find(actor, 'n')) === null, isGone);
      }
    },
  },
  {
    name: 'shows a reader all entries or none while an actor is purged (J13, J4)',
    async run({ store, open }) {
      const actor = freshActor();
      await makeActor(store, actor, 'terminated');
      const reader = (await open()).journal;
      await during(
        async () => {
          await store.journal.purge([actor]);
        },
        async () => {
          const { length } = await readAll(reader, actor);
          assert.ok(length === 0 || length === 3, `${length} entries`);
        },
      );
    },
  },
  {
    name: 'purges by the exact id (J13, J9)',
    async run({ store: { journal } }) {
      const space = freshActor('');
      const names = NASTY_IDS.map((id) => space + id);
      for (const name of names) await commit(journal, append(name, NEW, ['1'], { status: 'terminated' }));
      for (const [i, name] of names.entries()) {
        assert.deepEqual(await journal.purge([name]), [true]);
        for (const [j, each] of names.entries())
          assert.equal((await readAll(journal, each)).length, j <= i ? 0 : 1, JSON.stringify(each));
      }
    },
  },
];

const restoring: Case<MessageStorage>[] = [
  {
    name: 'puts entries back below the first that is kept, step by step (J14)',
    async run({ store: { journal }, open }) {
      const actor = freshActor();
      const head = await commit(journal, append(actor, NEW, ['1', '2', '3', '4', '5']));
      const before = await journal.head(actor);
      await journal.truncate(actor, 4);
      assert.equal(await journal.restore(actor, entriesAfter(2, ['3', '4']), null), true);
      assert.deepEqual(
        (await readAll(journal, actor)).map(([seq]) => seq),
        [3, 4, 5],
      );
      assert.equal(await (await open()).journal.restore(actor, entriesAfter(0, ['1', '2']), null), true);
      assert.deepEqual(
        await readAll(journal, actor),
        ['1', '2', '3', '4', '5'].map((text, i) => [i + 1, text]),
      );
      assert.deepEqual(await journal.head(actor), before);
      await commit(journal, append(actor, head, ['6']));
    },
  },
  {
    name: 'puts entries back where none are kept (J14)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      await commit(journal, append(actor, NEW, ['1', '2', '3']));
      await journal.truncate(actor, 3);
      assert.equal(await journal.restore(actor, entriesAfter(0, ['1', '2']), null), false, 'a gap at the end');
      assert.equal(await journal.restore(actor, entriesAfter(1, ['2', '3']), null), true);
      assert.deepEqual(await readAll(journal, actor), [
        [2, '2'],
        [3, '3'],
      ]);
    },
  },
  {
    name: 'refuses entries that are there, leave a gap, are not dense or belong to nobody (J14)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      await commit(journal, append(actor, NEW, ['1', '2', '3', '4', '5', '6']));
      await journal.truncate(actor, 3);
      const before = await readAll(journal, actor);
      const wrong = [
        entriesAfter(0, ['1', '2']),
        entriesAfter(2, ['3', 'x']),
        entriesAfter(3, ['x']),
        entriesAfter(6, ['7']),
        [...entriesAfter(0, ['1']), ...entriesAfter(2, ['3'])],
        [],
      ];
      for (const entries of wrong) assert.equal(await journal.restore(actor, entries, null), false);
      assert.deepEqual(await readAll(journal, actor), before);
      const nobody = freshActor('nobody');
      assert.equal(await journal.restore(nobody, entriesAfter(0, ['1']), null), false);
      assert.equal(await journal.restore('\ud800', entriesAfter(0, ['1']), archived({ seq: 1, epoch: 1 })), false);
    },
  },
  {
    name: 'makes an actor of its archive, wherever its journal begins, and once (J14, J2)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      await commit(journal, accept(actor, 'early'));
      const head = archived({ seq: 42, epoch: 7 });
      assert.equal(await journal.restore(actor, entriesAfter(39, ['40', '41']), head), false, 'ends before its head');
      assert.equal((await journal.head(actor)).seq, 0);
      assert.equal(await journal.restore(actor, entriesAfter(40, ['41', '42']), head), true);
      assert.deepEqual(await journal.head(actor), head);
      assert.equal(await journal.restore(actor, entriesAfter(40, ['41', '42']), head), false);
      assert.equal((await write(journal, append(actor, NEW, ['1']))).kind, 'conflict');
      await commit(journal, append(actor, { seq: 42, epoch: 7 }, ['43'], { epoch: 8 }));
      assert.deepEqual(await readAll(journal, actor), [
        [41, '41'],
        [42, '42'],
        [43, '43'],
      ]);
      assert.equal((await inbox.find(actor, 'early'))?.state, 'queued');
      const empty = freshActor('empty');
      assert.equal(await journal.restore(empty, [], { ...head, status: 'terminated' }), true);
      assert.deepEqual(await journal.head(empty), { ...head, status: 'terminated' });
    },
  },
  {
    name: 'lets one of many win that restore the same actor (J14)',
    async run({ store, open }) {
      const [mine, others] = [store.journal, (await open()).journal];
      for (let i = 0; i < 10; i++) {
        const actor = freshActor(`restore-${i}`);
        const tries = ['a', 'b', 'c', 'd'].map((text, j) =>
          (j % 2 === 0 ? mine : others).restore(actor, entriesAfter(4, [text]), archived({ seq: 5, epoch: 1 })),
        );
        const won = await Promise.all(tries);
        assert.equal(won.filter((one) => one).length, 1);
        assert.deepEqual(await readAll(store.journal, actor), [[5, ['a', 'b', 'c', 'd'][won.indexOf(true)]]]);
      }
    },
  },
  {
    name: 'has the bytes it was given, which are the caller’s again (J14, J9)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const bytes = new Uint8Array([0, 1, 255]);
      const restored = journal.restore(actor, [{ seq: 3, bytes }], archived({ seq: 3, epoch: 1 }));
      bytes.fill(9);
      assert.equal(await restored, true);
      for await (const page of journal.read(actor, 0)) assert.deepEqual([...(page[0]?.bytes ?? [])], [0, 1, 255]);
    },
  },
];

/** What tools do with journals: purge and restore. */
export const archiveCases: readonly Case<MessageStorage>[] = [...purging, ...restoring];

export const doneCases: readonly Case<MessageStorage>[] = [
  {
    name: 'lists the answered messages of one actor in pages, by id (I5)',
    async run({ store: { journal, inbox } }) {
      const [actor, other] = [freshActor(), freshActor('other')];
      const ids = ['a', 'b', 'c', 'ä', '\uffee', '🦊'];
      const changes = [...ids].reverse().map((id) => done(id, `answer ${id}`));
      await commit(journal, append(actor, NEW, ['1'], { inbox: [...changes, ended('parked', 'bb', 'why')] }));
      await commit(journal, append(other, NEW, ['1'], { inbox: [done('b', 'other')] }));
      await commit(journal, { kind: 'accept', row: rowFor(actor, 'bbb') });
      const all = await inbox.done(actor, '', 100);
      assert.deepEqual(
        all.map(({ id }) => id),
        ids,
      );
      assert.deepEqual(plain(all[0] ?? null), plain(await inbox.find(actor, 'a')));
      const paged = [...(await inbox.done(actor, '', 2)), ...(await inbox.done(actor, 'b', 2))];
      assert.deepEqual(
        paged.map(({ id }) => id),
        ids.slice(0, 4),
      );
      assert.deepEqual(await inbox.done(actor, '🦊', 2), []);
      assert.deepEqual(await inbox.done(freshActor('none'), '', 2), []);
    },
  },
];
