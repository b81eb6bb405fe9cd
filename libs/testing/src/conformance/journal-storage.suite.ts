import assert from 'node:assert/strict';
import type { InboxRow, Outcome } from '#spi';
import {
  accept,
  append,
  bytesOf,
  commit,
  done,
  DUE,
  during,
  ended,
  entriesAfter,
  freshActor,
  type MessageStorage,
  NEW,
  NEVER,
  plain,
  readAll,
  rejectsWith,
  rowFor,
  show,
  textOf,
  write,
} from './builders';
import { archiveCases } from './archive-cases';
import { callerCases, noCallerCases } from './caller-transactions.suite';
import { type Case, describeCases, type JournalBackend, type TestRunner } from './case';
import { journalModelCase } from './journal-model';
import { noRowCases, rowCases } from './user-rows.suite';
import { IMPOSSIBLE_IDS, NASTY_BYTES, NASTY_IDS } from './nasty-values';

type JournalCase = Case<MessageStorage>;

const kinds = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ kind }) => kind);

/** The row that a duplicate came with. */
function knownRow(outcome: Outcome, what = 'the write'): InboxRow {
  if (outcome.kind !== 'duplicate')
    throw new assert.AssertionError({ message: `${what} is ${outcome.kind}, not a duplicate` });
  return outcome.row;
}

const atomicity: JournalCase[] = [
  {
    name: 'commits entries, head row, inbox changes and sends together (J1)',
    async run({ store: { journal, inbox } }) {
      const [actor, receiver] = [freshActor(), freshActor('receiver')];
      const head = await commit(
        journal,
        append(actor, NEW, ['a', 'b'], {
          inbox: [done('m', 'yes')],
          sends: [rowFor(receiver, 's')],
          writer: 'w',
          schema: 7,
        }),
      );
      assert.deepEqual(head, { seq: 2, epoch: 1 });
      assert.deepEqual(await journal.head(actor), {
        seq: 2,
        epoch: 1,
        writer: 'w',
        schema: 7,
        status: 'live',
      });
      assert.deepEqual(await readAll(journal, actor), [
        [1, 'a'],
        [2, 'b'],
      ]);
      assert.deepEqual(plain(await inbox.find(actor, 'm')), {
        actor,
        id: 'm',
        argsHash: 'hash',
        state: 'done',
        message: null,
        attempts: 0,
        dueAt: null,
        answer: 'yes',
        expiresAt: NEVER,
      });
      assert.equal((await inbox.find(receiver, 's'))?.state, 'queued');
    },
  },
  {
    name: 'leaves no trace of a conflicting append (J1, J2)',
    async run({ store: { journal, inbox } }) {
      const [actor, receiver] = [freshActor(), freshActor('receiver')];
      await commit(journal, append(actor, NEW, ['a'], { writer: 'first' }));
      const before = await journal.head(actor);
      const refused = append(actor, NEW, ['x', 'y'], {
        inbox: [done('m', 'no')],
        sends: [rowFor(receiver, 's')],
        writer: 'second',
      });
      assert.equal((await write(journal, refused)).kind, 'conflict');
      assert.deepEqual(await journal.head(actor), before);
      assert.deepEqual(await readAll(journal, actor), [[1, 'a']]);
      assert.equal(await inbox.find(actor, 'm'), null);
      assert.equal(await inbox.find(receiver, 's'), null);
    },
  },
  {
    name: 'leaves no trace of an append whose message has ended (J1, J6)',
    async run({ store: { journal, inbox } }) {
      const [actor, receiver] = [freshActor(), freshActor('receiver')];
      const head = await commit(journal, append(actor, NEW, ['a'], { inbox: [done('m', 'yes')] }));
      const before = await journal.head(actor);
      const refused = append(actor, head, ['x'], {
        inbox: [done('other', 'no'), done('m', 'no')],
        sends: [rowFor(receiver, 's')],
        writer: 'second',
      });
      assert.equal((await write(journal, refused)).kind, 'duplicate');
      assert.deepEqual(await journal.head(actor), before);
      assert.deepEqual(await readAll(journal, actor), [[1, 'a']]);
      assert.equal(await inbox.find(actor, 'other'), null);
      assert.equal(await inbox.find(receiver, 's'), null);
    },
  },
  {
    name: 'leaves no trace of an append with a change to a message that is not there (J1)',
    async run({ store: { journal, inbox } }) {
      const [actor, receiver] = [freshActor(), freshActor('receiver')];
      await commit(journal, accept(actor, 'queued'));
      const refused = append(actor, NEW, ['x'], {
        inbox: [
          done('fresh', 'no'),
          { op: 'attempt', id: 'queued', attempts: 3, dueAt: 5 },
          { op: 'attempt', id: 'ghost', attempts: 1, dueAt: 5 },
        ],
        sends: [rowFor(receiver, 's')],
      });
      assert.equal((await write(journal, refused)).kind, 'failed');
      assert.deepEqual(await journal.head(actor), {
        seq: 0,
        epoch: 0,
        writer: '',
        schema: 0,
        status: 'absent',
      });
      assert.deepEqual(await readAll(journal, actor), []);
      assert.equal(await inbox.find(actor, 'fresh'), null);
      assert.equal((await inbox.find(actor, 'queued'))?.attempts, 0);
      assert.equal(await inbox.find(receiver, 's'), null);
      await commit(journal, append(actor, NEW, ['a']));
    },
  },
  {
    name: 'never shows a reader half an append (J1, J4)',
    async run({ store: { journal }, open }) {
      const actor = freshActor();
      const reader = (await open()).journal;
      const writing = async (): Promise<void> => {
        for (let head = NEW; head.seq < 60;) head = await commit(journal, append(actor, head, ['a', 'b', 'c']));
      };
      await during(writing, async () => {
        const { seq } = await reader.head(actor);
        const seen = (await readAll(reader, actor)).length;
        assert.equal(seq % 3, 0, `the head row stands inside an append, at ${seq}`);
        assert.equal(seen % 3, 0, `a reader saw ${seen} entries of appends of three`);
        assert.ok(seen >= seq, `the head row says ${seq}, a later read gave ${seen}`);
      });
    },
  },
  {
    name: 'never shows entries without the inbox rows they came with (J1)',
    async run({ store: { journal }, open }) {
      const actor = freshActor();
      const reader = await open();
      const writing = async (): Promise<void> => {
        let head = NEW;
        for (let i = 0; i < 30; i++) {
          head = await commit(
            journal,
            append(actor, head, ['a'], { inbox: [done(`m${i}`, 'yes')], sends: [rowFor(actor, `s${i}`)] }),
          );
        }
      };
      await during(writing, async () => {
        const { seq } = await reader.journal.head(actor);
        if (seq === 0) return;
        assert.equal((await reader.inbox.find(actor, `m${seq - 1}`))?.state, 'done');
        assert.ok((await reader.inbox.pending(actor)).length >= seq);
      });
    },
  },
];

const races: JournalCase[] = [
  {
    name: 'lets exactly one of many racing writers win (J2)',
    async run({ store, open }) {
      const actor = freshActor();
      const journals = [store.journal, (await open()).journal];
      let head = await commit(store.journal, append(actor, NEW, ['start']));
      for (let round = 0; round < 5; round++) {
        const outcomes = await Promise.all(
          Array.from({ length: 20 }, (_, i) =>
            write(
              journals[i % 2] as typeof store.journal,
              append(actor, head, [`round ${round} writer ${i}`], { writer: `w${i}` }),
            ),
          ),
        );
        const winner = outcomes.findIndex(({ kind }) => kind === 'committed');
        const won = { seq: head.seq + 1, epoch: 1 };
        outcomes.forEach((outcome, i) => {
          const expected: Outcome = i === winner ? { kind: 'committed', head: won } : { kind: 'conflict', actual: won };
          assert.deepEqual(outcome, expected);
        });
        assert.deepEqual(await readAll(store.journal, actor, head.seq), [[won.seq, `round ${round} writer ${winner}`]]);
        assert.equal((await store.journal.head(actor)).writer, `w${winner}`);
        head = won;
      }
    },
  },
  {
    name: 'lets one of several in one flush win (J2, J5)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const outcomes = await journal.flush([
        append(actor, NEW, ['first']),
        append(actor, NEW, ['second']),
        append(actor, NEW, ['third', 'more']),
      ]);
      const won = { seq: 1, epoch: 1 };
      assert.deepEqual(outcomes, [
        { kind: 'committed', head: won },
        { kind: 'conflict', actual: won },
        { kind: 'conflict', actual: won },
      ]);
      assert.deepEqual(await readAll(journal, actor), [[1, 'first']]);
    },
  },
  {
    name: 'fences a writer by epoch alone, where seq did not move (J2)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const old = await commit(journal, append(actor, NEW, ['a']));
      const next = await commit(journal, append(actor, old, [], { epoch: 2, writer: 'second' }));
      assert.deepEqual(next, { seq: 1, epoch: 2 });
      assert.deepEqual(await write(journal, append(actor, old, ['late'])), {
        kind: 'conflict',
        actual: next,
      });
      assert.deepEqual(await write(journal, append(actor, old, ['late'], { epoch: 2 })), {
        kind: 'conflict',
        actual: next,
      });
      assert.deepEqual(await readAll(journal, actor), [[1, 'a']]);
      await commit(journal, append(actor, next, ['b']));
    },
  },
  {
    name: 'refuses what stands on a refused append, also where the head of another writer is alike (J2)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const own = { writer: 'second', continues: true };
      const head = await commit(journal, append(actor, NEW, ['a', 'b'], { writer: 'first' }));
      const outcomes = await journal.flush([
        append(actor, NEW, ['x', 'y'], { writer: 'second' }),
        append(actor, head, ['z'], own),
        append(actor, { seq: 3, epoch: 1 }, [], own),
      ]);
      assert.deepEqual(outcomes, Array(3).fill({ kind: 'conflict', actual: head }));
      // What stands on it may come in a flush of its own.
      for (const entries of [['z'], []])
        assert.deepEqual(await write(journal, append(actor, head, entries, own)), { kind: 'conflict', actual: head });
      const next = await commit(journal, append(actor, head, ['c'], { writer: 'first', continues: true }));
      assert.deepEqual(await readAll(journal, actor), [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ]);
      await commit(journal, append(actor, next, ['d'], { writer: 'second' }));
    },
  },
  {
    name: 'refuses a writer that is ahead of the journal (J2)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const ahead = append(actor, { seq: 5, epoch: 1 }, ['x']);
      assert.deepEqual(await write(journal, ahead), { kind: 'conflict', actual: NEW });
      const head = await commit(journal, append(actor, NEW, ['a']));
      assert.deepEqual(await write(journal, ahead), { kind: 'conflict', actual: head });
      assert.deepEqual(await readAll(journal, actor), [[1, 'a']]);
    },
  },
  {
    name: 'refuses a stale append below a truncation (J2, J3)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const head = await commit(journal, append(actor, NEW, ['a', 'b', 'c', 'd']));
      await journal.truncate(actor, 4);
      for (const expected of [NEW, { seq: 0, epoch: 1 }, { seq: 2, epoch: 1 }]) {
        assert.deepEqual(await write(journal, append(actor, expected, ['stale'])), {
          kind: 'conflict',
          actual: head,
        });
      }
      assert.deepEqual(await readAll(journal, actor), []);
    },
  },
  {
    name: 'answers a stale writer of an ended message with the conflict (J2 before J6)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const repeated = append(actor, NEW, ['a'], { inbox: [done('m', 'yes')] });
      const head = await commit(journal, repeated);
      assert.deepEqual(await write(journal, repeated), { kind: 'conflict', actual: head });
    },
  },
];

const sequence: JournalCase[] = [
  {
    name: 'answers an unknown actor with an absent head and no entries (J3)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      assert.deepEqual(await journal.head(actor), {
        seq: 0,
        epoch: 0,
        writer: '',
        schema: 0,
        status: 'absent',
      });
      assert.deepEqual(await readAll(journal, actor), []);
      await journal.truncate(actor, 10);
    },
  },
  {
    name: 'keeps the head row when everything is truncated, and goes on after it (J3)',
    async run({ store: { journal }, open }) {
      const actor = freshActor();
      const head = await commit(journal, append(actor, NEW, ['a', 'b'], { writer: 'w', schema: 3 }));
      await journal.truncate(actor, 2);
      const other = (await open()).journal;
      assert.deepEqual(await other.head(actor), { ...head, writer: 'w', schema: 3, status: 'live' });
      assert.deepEqual(await readAll(other, actor), []);
      assert.deepEqual(await commit(journal, append(actor, head, ['c'])), { seq: 3, epoch: 1 });
      assert.deepEqual(await readAll(journal, actor), [[3, 'c']]);
    },
  },
  {
    name: 'truncates to the entry, inside an append too (J3)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      let head = await commit(journal, append(actor, NEW, ['1', '2', '3', '4', '5']));
      head = await commit(journal, append(actor, head, ['6', '7']));
      for (const throughSeq of [0, 2, 2, 1, 3, 5, 6]) {
        await journal.truncate(actor, throughSeq);
        const first = Math.max(throughSeq, (await readAll(journal, actor))[0]?.[0] ?? 0);
        assert.ok(first > throughSeq, `entry ${first} is still there after truncation through ${throughSeq}`);
      }
      assert.deepEqual(await readAll(journal, actor), [[7, '7']]);
      await journal.truncate(actor, 1_000);
      assert.deepEqual(await readAll(journal, actor), []);
      assert.deepEqual(await commit(journal, append(actor, head, ['8'])), { seq: 8, epoch: 1 });
      assert.deepEqual(await readAll(journal, actor), [[8, '8']]);
    },
  },
  {
    name: 'keeps what truncation does not name: later entries, other actors, the inbox (J3)',
    async run({ store: { journal, inbox } }) {
      const [actor, other] = [freshActor(), freshActor('other')];
      const head = await commit(journal, append(actor, NEW, ['1', '2', '3'], { inbox: [done('m', 'yes')] }));
      await commit(journal, append(actor, head, ['4']));
      await commit(journal, append(other, NEW, ['1', '2', '3']));
      await journal.truncate(actor, 2);
      assert.deepEqual(await readAll(journal, actor), [
        [3, '3'],
        [4, '4'],
      ]);
      assert.equal((await readAll(journal, other)).length, 3);
      assert.equal(textOf((await inbox.find(actor, 'm'))?.answer ?? null), 'yes');
    },
  },
  {
    name: 'refuses entries that are not dense and epochs that jump (J3)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const head = await commit(journal, append(actor, NEW, ['a', 'b']));
      const wrong = [
        { ...append(actor, head, []), entries: entriesAfter(3, ['gap']) },
        { ...append(actor, head, []), entries: entriesAfter(1, ['again']) },
        {
          ...append(actor, head, []),
          entries: [...entriesAfter(2, ['c']), ...entriesAfter(3, ['x', 'e']).slice(1)],
        },
        append(actor, head, ['c'], { epoch: 3 }),
        append(actor, head, ['c'], { epoch: 0 }),
      ];
      for (const one of wrong) assert.equal((await write(journal, one)).kind, 'failed', show(one));
      assert.deepEqual(await readAll(journal, actor), [
        [1, 'a'],
        [2, 'b'],
      ]);
    },
  },
  {
    name: 'keeps writer, schema and status of the last append; a terminated actor keeps its row (J3)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      let head = await commit(journal, append(actor, NEW, ['a'], { writer: 'w1', schema: 1 }));
      head = await commit(journal, append(actor, head, [], { writer: 'w2', schema: 2 }));
      assert.deepEqual(await journal.head(actor), {
        seq: 1,
        epoch: 1,
        writer: 'w2',
        schema: 2,
        status: 'live',
      });
      head = await commit(journal, append(actor, head, ['stop'], { writer: 'w3', schema: 2, status: 'terminated' }));
      await journal.truncate(actor, head.seq);
      assert.deepEqual(await journal.head(actor), {
        seq: 2,
        epoch: 1,
        writer: 'w3',
        schema: 2,
        status: 'terminated',
      });
    },
  },
];

const reading: JournalCase[] = [
  {
    name: 'reads any range, wherever appends begin and end (J4)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      let head = NEW;
      for (const size of [1, 3, 2, 5, 1]) {
        const texts = Array.from({ length: size }, (_, i) => String(head.seq + 1 + i));
        head = await commit(journal, append(actor, head, texts));
      }
      for (let after = 0; after <= 13; after++) {
        for (let through = after; through <= 13; through++) {
          const expected: [number, string][] = [];
          for (let seq = after + 1; seq <= Math.min(through, 12); seq++) expected.push([seq, String(seq)]);
          assert.deepEqual(
            await readAll(journal, actor, after, through),
            expected,
            `after ${after} through ${through}`,
          );
        }
      }
      assert.equal((await readAll(journal, actor)).length, 12);
    },
  },
  {
    name: 'reads a long journal in several pages, in order (J4)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const payload = 'x'.repeat(2_000);
      let head = NEW;
      for (let i = 0; i < 40; i++) {
        head = await commit(
          journal,
          append(
            actor,
            head,
            Array.from({ length: 100 }, () => payload),
          ),
        );
      }
      let pages = 0;
      let last = 0;
      for await (const page of journal.read(actor, 0)) {
        pages++;
        for (const { seq } of page) assert.equal(seq, ++last);
      }
      assert.equal(last, 4_000);
      assert.ok(pages > 1, 'eight megabytes come in more than one page');
      assert.equal((await readAll(journal, actor, 1_234, 2_345)).length, 1_111);
    },
  },
  {
    name: 'lets a reader leave in the middle (J4)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      let head = NEW;
      for (let i = 0; i < 4; i++) head = await commit(journal, append(actor, head, ['x'.repeat(800_000)]));
      for await (const page of journal.read(actor, 0)) if (page.length > 0) break;
      await commit(journal, append(actor, head, ['after']));
      await journal.truncate(actor, 3);
    },
  },
];

const flushes: JournalCase[] = [
  {
    name: 'applies the writes of a flush in order, each seeing those before it (J5)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      const outcomes = await journal.flush([
        append(actor, NEW, ['a'], { inbox: [done('m1', 'one')] }),
        append(actor, { seq: 1, epoch: 1 }, ['b', 'c']),
        append(actor, { seq: 1, epoch: 1 }, ['stale']),
        accept(actor, 'm1'),
        accept(actor, 'm2'),
        accept(actor, 'm2', { message: bytesOf('other') }),
        append(actor, { seq: 3, epoch: 1 }, ['d'], {
          inbox: [done('m2', 'two', { fresh: false })],
          sends: [rowFor(actor, 'm3')],
        }),
        append(actor, { seq: 4, epoch: 1 }, ['e'], { inbox: [done('m3', 'three', { fresh: false })] }),
      ]);
      assert.deepEqual(kinds(outcomes), [
        'committed',
        'committed',
        'conflict',
        'duplicate',
        'accepted',
        'duplicate',
        'committed',
        'committed',
      ]);
      assert.deepEqual(outcomes[2], { kind: 'conflict', actual: { seq: 3, epoch: 1 } });
      assert.deepEqual(await readAll(journal, actor), [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
        [4, 'd'],
        [5, 'e'],
      ]);
      assert.equal(textOf((await inbox.find(actor, 'm3'))?.answer ?? null), 'three');
    },
  },
  {
    name: 'gives each write the outcome of its own place (J5)',
    async run({ store: { journal } }) {
      const actors = Array.from({ length: 40 }, (_, i) => freshActor(`a${i}`));
      const sizes = actors.map((_, i) => (i * 7) % 5);
      const outcomes = await journal.flush(
        actors.map((actor, i) =>
          append(
            actor,
            NEW,
            Array.from({ length: sizes[i] as number }, (_, k) => `${i}.${k}`),
          ),
        ),
      );
      assert.deepEqual(
        outcomes,
        sizes.map((seq) => ({ kind: 'committed', head: { seq, epoch: 1 } })),
      );
      for (const [i, actor] of actors.entries()) {
        assert.deepEqual(
          await readAll(journal, actor),
          Array.from({ length: sizes[i] as number }, (_, k) => [k + 1, `${i}.${k}`]),
        );
      }
    },
  },
  {
    name: 'lets no refused write disturb its neighbours (J5)',
    async run({ store: { journal, inbox } }) {
      const [actor, taken] = [freshActor(), freshActor('taken')];
      await commit(journal, append(taken, NEW, ['a'], { inbox: [done('m', 'yes')] }));
      const good = (i: number): Parameters<typeof journal.flush>[0][number] =>
        append(actor, { seq: i, epoch: i === 0 ? 0 : 1 }, [`good ${i}`], { inbox: [done(`g${i}`, 'ok')] });
      const outcomes = await journal.flush([
        good(0),
        append(taken, NEW, ['conflict']),
        good(1),
        append(taken, { seq: 1, epoch: 1 }, ['duplicate'], { inbox: [done('m', 'no')] }),
        good(2),
        append(taken, { seq: 1, epoch: 1 }, ['failed'], {
          inbox: [{ op: 'attempt', id: 'ghost', attempts: 1, dueAt: 1 }],
        }),
        good(3),
        { ...append(taken, { seq: 1, epoch: 1 }, []), entries: entriesAfter(7, ['not dense']) },
        good(4),
        accept(taken, 'm'),
        good(5),
        append(freshActor('new'), { seq: 9, epoch: 9 }, ['ahead']),
        good(6),
      ]);
      assert.deepEqual(
        kinds(outcomes).map((kind) => kind[0]),
        ['c', 'c', 'c', 'd', 'c', 'f', 'c', 'f', 'c', 'd', 'c', 'c', 'c'],
      );
      assert.equal((await readAll(journal, actor)).length, 7);
      assert.equal((await inbox.find(actor, 'g6'))?.state, 'done');
      assert.deepEqual(await readAll(journal, taken), [[1, 'a']]);
      assert.deepEqual(await commit(journal, append(taken, { seq: 1, epoch: 1 }, ['b'])), {
        seq: 2,
        epoch: 1,
      });
    },
  },
  {
    name: 'takes an empty flush (J5)',
    async run({ store: { journal } }) {
      assert.deepEqual(await journal.flush([]), []);
    },
  },
  {
    name: 'shows what it acknowledged to every handle, and to one opened later (J8)',
    async run({ store: { journal, inbox }, open }) {
      const actor = freshActor();
      const writer = await open();
      await commit(writer.journal, append(actor, NEW, ['a', 'b'], { inbox: [done('m', 'yes')] }));
      await commit(writer.journal, accept(actor, 'n'));
      await writer.journal.close();
      const later = await open();
      for (const handle of [{ journal, inbox }, later]) {
        assert.equal((await handle.journal.head(actor)).seq, 2);
        assert.equal((await readAll(handle.journal, actor)).length, 2);
        assert.equal(textOf((await handle.inbox.find(actor, 'm'))?.answer ?? null), 'yes');
        assert.equal((await handle.inbox.pending(actor)).length, 1);
      }
    },
  },
];

const duplicates: JournalCase[] = [
  {
    name: 'accepts a message id once per actor and answers with the row that is there (J6)',
    async run({ store: { journal, inbox } }) {
      const [actor, other] = [freshActor(), freshActor('other')];
      await commit(journal, accept(actor, 'm', { argsHash: 'first', attempts: 2 }));
      const outcome = await write(
        journal,
        accept(actor, 'm', { argsHash: 'second', message: bytesOf('changed'), dueAt: 1 }),
      );
      const row = {
        actor,
        id: 'm',
        argsHash: 'first',
        state: 'queued',
        message: 'message m',
        attempts: 2,
        dueAt: DUE,
        answer: null,
        expiresAt: null,
      };
      assert.deepEqual(plain(knownRow(outcome)), row);
      assert.deepEqual(plain(await inbox.find(actor, 'm')), row);
      await commit(journal, accept(other, 'm'));
    },
  },
  {
    name: 'lets one of many racing accepts win (J6)',
    async run({ store, open }) {
      const actor = freshActor();
      const journals = [store.journal, (await open()).journal];
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          write(journals[i % 2] as typeof store.journal, accept(actor, 'm', { argsHash: `h${i}` })),
        ),
      );
      const winner = outcomes.findIndex(({ kind }) => kind === 'accepted');
      assert.deepEqual(
        outcomes.map((outcome) => (outcome.kind === 'duplicate' ? outcome.row.argsHash : outcome.kind)),
        outcomes.map((_, i) => (i === winner ? 'accepted' : `h${winner}`)),
      );
      assert.equal((await store.inbox.pending(actor)).length, 1);
    },
  },
  {
    name: 'ends a message once: the second end is a duplicate with the first answer (J6)',
    async run({ store: { journal, inbox } }) {
      for (const first of ['done', 'parked'] as const) {
        for (const second of ['done', 'parked'] as const) {
          for (const fresh of [true, false]) {
            const actor = freshActor();
            const head = await commit(journal, append(actor, NEW, ['a'], { inbox: [ended(first, 'm', 'first')] }));
            const again = ended(second, 'm', 'second', { fresh, argsHash: 'other', expiresAt: 5 });
            const outcome = await write(journal, append(actor, head, ['b'], { inbox: [again] }));
            const row = plain(await inbox.find(actor, 'm'));
            assert.deepEqual(plain(knownRow(outcome, `${second} (fresh: ${fresh}) after ${first}`)), row);
            assert.equal(row?.['state'], first);
            assert.equal(row['answer'], 'first');
            assert.equal(row['argsHash'], 'hash');
            assert.equal(row['expiresAt'], NEVER);
          }
        }
      }
    },
  },
  {
    name: 'answers accept of an ended message with its answer (J6)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      await commit(journal, append(actor, NEW, ['a'], { inbox: [done('m', 'yes')] }));
      const outcome = await write(journal, accept(actor, 'm'));
      assert.equal(textOf(knownRow(outcome).answer), 'yes');
      assert.deepEqual(await inbox.pending(actor), []);
    },
  },
  {
    name: 'refuses to end as new a message that has a row (J6)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      await commit(journal, accept(actor, 'm'));
      const outcome = await write(journal, append(actor, NEW, ['a'], { inbox: [done('m', 'yes')] }));
      assert.equal(knownRow(outcome).state, 'queued');
      assert.equal((await inbox.find(actor, 'm'))?.state, 'queued');
    },
  },
  {
    name: 'skips a send whose id its receiver knows, silently and without touching the row (J6)',
    async run({ store: { journal, inbox } }) {
      const [actor, receiver] = [freshActor(), freshActor('receiver')];
      await commit(journal, accept(receiver, 'queued', { argsHash: 'first' }));
      await commit(journal, append(receiver, NEW, ['a'], { inbox: [done('ended', 'yes')] }));
      const sends = ['queued', 'ended', 'new', 'new'].map((id) => rowFor(receiver, id, { argsHash: 'second' }));
      await commit(journal, append(actor, NEW, ['b'], { sends: [...sends, rowFor(actor, 'self')] }));
      assert.deepEqual(
        (await inbox.pending(receiver)).map(({ id, argsHash }) => [id, argsHash]),
        [
          ['queued', 'first'],
          ['new', 'second'],
        ],
      );
      assert.equal(textOf((await inbox.find(receiver, 'ended'))?.answer ?? null), 'yes');
      assert.equal((await inbox.pending(actor)).length, 1);
    },
  },
];

const fidelity: JournalCase[] = [
  {
    name: 'keeps ids exactly, and apart (J9)',
    async run({ store: { journal, inbox } }) {
      const space = freshActor('');
      for (const nasty of NASTY_IDS) {
        await commit(
          journal,
          append(space + nasty, NEW, [nasty], {
            inbox: [done(nasty, `answer ${nasty}`)],
            sends: [rowFor(space + nasty, `${nasty}/0`)],
            writer: nasty,
          }),
        );
      }
      for (const nasty of NASTY_IDS) {
        const actor = space + nasty;
        assert.deepEqual(await readAll(journal, actor), [[1, nasty]]);
        assert.equal((await journal.head(actor)).writer, nasty);
        const row = await inbox.find(actor, nasty);
        assert.deepEqual([row?.actor, row?.id, textOf(row?.answer ?? null)], [actor, nasty, `answer ${nasty}`]);
        assert.deepEqual(
          (await inbox.pending(actor)).map(({ id }) => id),
          [`${nasty}/0`],
        );
        for (const other of NASTY_IDS) if (other !== nasty) assert.equal(await inbox.find(actor, other), null);
      }
      const listed = await journal.actors(space, '', 1_000);
      assert.deepEqual([...listed].sort(), NASTY_IDS.map((nasty) => space + nasty).sort());
    },
  },
  {
    name: 'refuses ids that no store can keep apart, and those alone (J9)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      for (const id of IMPOSSIBLE_IDS) {
        const outcomes = await journal.flush([
          accept(actor, id),
          accept(actor + id, 'm'),
          append(actor, NEW, ['x'], { inbox: [done(id, 'no')] }),
          append(actor, NEW, ['x'], { sends: [rowFor(actor, id)] }),
          append(actor + id, NEW, ['x']),
        ]);
        assert.deepEqual(kinds(outcomes), Array(5).fill('failed'), JSON.stringify(id));
      }
      assert.deepEqual(await readAll(journal, actor), []);
      assert.deepEqual(await inbox.pending(actor), []);
    },
  },
  {
    name: 'keeps bytes exactly, in entries, messages and answers (J9)',
    async run({ store: { journal, inbox } }) {
      for (const [name, bytes] of NASTY_BYTES) {
        const actor = freshActor();
        const entries = [1, 2].map((seq) => ({ seq, bytes }));
        await commit(journal, {
          ...append(actor, NEW, [], { inbox: [done('m', '', { answer: bytes })] }),
          entries,
        });
        await commit(journal, accept(actor, 'n', { message: bytes }));
        for await (const page of journal.read(actor, 0)) {
          for (const entry of page) assert.equal(Buffer.compare(entry.bytes, bytes), 0, `${name} in an entry`);
        }
        assert.equal((await readAll(journal, actor)).length, 2);
        assert.equal(
          Buffer.compare((await inbox.find(actor, 'm'))?.answer as Uint8Array, bytes),
          0,
          `${name} as answer`,
        );
        const [row] = await inbox.pending(actor);
        assert.equal(Buffer.compare(row?.message as Uint8Array, bytes), 0, `${name} as message`);
      }
    },
  },
  {
    name: 'keeps what it was given, whatever the caller does to its buffers afterwards (J9)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      const [entry, answer, message, send] = ['entry', 'answer', 'message', 'send'].map(bytesOf) as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ];
      const flushed = journal.flush([
        {
          ...append(actor, NEW, [], {
            inbox: [done('m', '', { answer })],
            sends: [rowFor(actor, 's', { message: send })],
          }),
          entries: [{ seq: 1, bytes: entry }],
        },
        accept(actor, 'n', { message }),
      ]);
      for (const buffer of [entry, answer, message, send]) buffer.fill(0);
      await flushed;
      for (const buffer of [entry, answer, message, send]) buffer.fill(1);
      for (let round = 0; round < 2; round++) {
        const pages: Uint8Array[] = [];
        for await (const page of journal.read(actor, 0)) pages.push(...page.map(({ bytes }) => bytes));
        const found = await inbox.find(actor, 'm');
        const pending = await inbox.pending(actor);
        const seen = [...pages, found?.answer as Uint8Array, ...pending.map((row) => row.message as Uint8Array)];
        assert.deepEqual(seen.map(textOf), ['entry', 'answer', 'send', 'message']);
        for (const bytes of seen) bytes.fill(2); // a reader's copy is its own
      }
    },
  },
];

const listingAndClosing: JournalCase[] = [
  {
    name: 'lists actors that have appended, by prefix and page, in the order of UTF-8 bytes (J11)',
    async run({ store: { journal } }) {
      const space = freshActor('');
      const keys = ['a', 'aa', 'b', 'b/1', 'c', 'ä', '\uffee', '🦊'];
      await journal.flush([...keys].reverse().map((key) => append(space + key, NEW, [])));
      await commit(journal, accept(`${space}mail-only`, 'm'));
      const names = keys.map((key) => space + key);
      assert.deepEqual(await journal.actors(space, '', 100), names);
      assert.deepEqual(await journal.actors(space, '', 3), names.slice(0, 3));
      assert.deepEqual(await journal.actors(space, `${space}b`, 3), names.slice(3, 6));
      assert.deepEqual(await journal.actors(`${space}b`, '', 100), [`${space}b`, `${space}b/1`]);
      assert.deepEqual(await journal.actors(space, `${space}🦊`, 100), []);
      assert.deepEqual(await journal.actors(freshActor('none'), '', 100), []);
    },
  },
  {
    name: 'rejects every call after close, twice closed or not, and closes no other handle (J10)',
    async run({ store, open }) {
      const actor = freshActor();
      const { journal, inbox } = await open();
      await commit(journal, append(actor, NEW, ['a']));
      await journal.close();
      await journal.close();
      const calls: Record<string, () => Promise<unknown>> = {
        flush: () => journal.flush([accept(actor, 'm')]),
        'flush of nothing': () => journal.flush([]),
        head: () => journal.head(actor),
        read: () => readAll(journal, actor),
        truncate: () => journal.truncate(actor, 1),
        purge: () => journal.purge([actor]),
        restore: () => journal.restore(actor, [], null),
        actors: () => journal.actors('', '', 1),
        'inbox.find': () => inbox.find(actor, 'm'),
        'inbox.pending': () => inbox.pending(actor),
        'inbox.due': () => inbox.due(0, 1),
        'inbox.nextDue': () => inbox.nextDue(0),
        'inbox.sweep': () => inbox.sweep(0, 1),
        'inbox.parked': () => inbox.parked(actor),
        'inbox.actorsParked': () => inbox.actorsParked('', '', 1),
        'inbox.done': () => inbox.done(actor, '', 1),
      };
      for (const [name, call] of Object.entries(calls)) await rejectsWith('PS_STORE_CLOSED', call, name);
      assert.equal((await store.journal.head(actor)).seq, 1);
    },
  },
];

/** Every rule of JournalStorage, as cases for any runner. @publicApi */
export const journalCases: readonly JournalCase[] = [
  ...atomicity,
  ...races,
  ...sequence,
  ...reading,
  ...flushes,
  ...duplicates,
  ...fidelity,
  ...listingAndClosing,
  ...archiveCases,
  journalModelCase,
];

/** Declares the conformance tests of a JournalStorage, with Jest's or Vitest's globals unless told otherwise. @publicApi */
export function describeJournalStorage(backend: JournalBackend<MessageStorage>, runner?: TestRunner): void {
  const manifest: JournalCase = {
    name: 'declares the capabilities that are expected of it',
    async run({ store: { journal } }) {
      await Promise.resolve();
      assert.deepEqual(journal.capabilities, backend.expects);
      assert.equal(
        backend.tables !== undefined,
        backend.expects.rows,
        'tables are given exactly where rows are expected',
      );
      assert.equal(
        backend.transactions !== undefined,
        backend.expects.callerTransactions === true,
        'transactions are given exactly where callerTransactions are expected',
      );
    },
  };
  const rows = backend.tables === undefined ? noRowCases : rowCases(backend.tables);
  const callers = backend.transactions === undefined ? noCallerCases : callerCases(backend.transactions);
  describeCases(
    'journal storage',
    backend,
    [manifest, ...journalCases, ...rows, ...callers],
    ({ journal }) => journal.close(),
    runner,
  );
}
