import assert from 'node:assert/strict';
import type { Head, InboxChange, InboxRow } from '#spi';
import {
  accept,
  anyBelow,
  append,
  bytesOf,
  commit,
  done,
  DUE,
  ended,
  freshActor,
  type MessageStorage,
  NEVER,
  NEW,
  plain,
  rowFor,
  textOf,
  write,
} from './builders';
import { doneCases } from './archive-cases';
import { type Backend, type Case, describeCases, type TestRunner } from './case';

type InboxCase = Case<MessageStorage>;

const ids = (rows: readonly InboxRow[]): string[] => rows.map(({ id }) => id);

/** Applies changes without entries. @returns the head after them. */
async function change({ journal }: MessageStorage, actor: string, ...inbox: InboxChange[]): Promise<Head> {
  const { seq, epoch } = await journal.head(actor);
  return commit(journal, append(actor, { seq, epoch }, [], { inbox }));
}

/** Far from every other case's times, so that `due` and `sweep` can be asked on a store in use. */
function era(): number {
  return 1_000 + anyBelow(2 ** 40) * 1_000;
}

const lines: InboxCase[] = [
  {
    name: 'lists queued and open rows in the order of acceptance, however they came in (I1)',
    async run({ store }) {
      const { journal, inbox } = store;
      const [actor, sender] = [freshActor(), freshActor('sender')];
      await commit(journal, accept(actor, 'z', { dueAt: DUE + 9 }));
      await commit(journal, append(sender, NEW, ['a'], { sends: [rowFor(actor, 'y'), rowFor(actor, 'x')] }));
      await change(store, actor, { op: 'open', id: 'w', row: rowFor(actor, 'w', { dueAt: DUE - 9 }) });
      await journal.flush([accept(actor, 'v'), accept(sender, 'elsewhere'), accept(actor, 'u')]);
      assert.deepEqual(ids(await inbox.pending(actor)), ['z', 'y', 'x', 'w', 'v', 'u']);
      await change(
        store,
        actor,
        { op: 'attempt', id: 'z', attempts: 1, dueAt: DUE + 99 },
        { op: 'open', id: 'v', row: null },
      );
      assert.deepEqual(ids(await inbox.pending(actor)), ['z', 'y', 'x', 'w', 'v', 'u']);
      await change(store, actor, done('y', 'yes', { fresh: false }), ended('parked', 'w', 'why', { fresh: false }));
      assert.deepEqual(ids(await inbox.pending(actor)), ['z', 'x', 'v', 'u']);
    },
  },
  {
    name: 'keeps a long line in order (I1)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      const names = Array.from({ length: 120 }, (_, i) => `m${(i * 77) % 120}`);
      for (let i = 0; i < 120; i += 30) await journal.flush(names.slice(i, i + 30).map((id) => accept(actor, id)));
      assert.deepEqual(ids(await inbox.pending(actor)), names);
    },
  },
  {
    name: 'answers for unknown actors and messages with null and nothing (I1)',
    async run({ store: { journal, inbox } }) {
      const actor = freshActor();
      assert.equal(await inbox.find(actor, 'm'), null);
      assert.deepEqual(await inbox.pending(actor), []);
      assert.deepEqual(await inbox.parked(actor), []);
      await commit(journal, accept(actor, 'm'));
      assert.equal(await inbox.find(actor, 'n'), null);
      assert.equal(await inbox.find(freshActor(), 'm'), null);
    },
  },
  {
    name: 'lists parked rows in the order of acceptance, with message and cause (I1)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      await journal.flush([accept(actor, 'a'), accept(actor, 'b'), accept(actor, 'c')]);
      await change(store, actor, ended('parked', 'd', 'why d'));
      for (const id of ['c', 'a']) await change(store, actor, ended('parked', id, `why ${id}`, { fresh: false }));
      await change(store, actor, done('b', 'yes', { fresh: false }));
      const parked = await inbox.parked(actor);
      assert.deepEqual(
        parked.map(({ id, message, answer }) => [id, textOf(message), textOf(answer)]),
        [
          ['a', 'message a', 'why a'],
          ['c', 'message c', 'why c'],
          ['d', null, 'why d'],
        ],
      );
    },
  },
];

const transitions: InboxCase[] = [
  {
    name: 'keeps every field through queued, open, attempts and done (I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      const row = {
        actor,
        id: 'm',
        argsHash: 'hash',
        message: 'message m',
        attempts: 0,
        dueAt: DUE,
        answer: null,
        expiresAt: null,
      };
      await commit(journal, accept(actor, 'm'));
      assert.deepEqual(plain(await inbox.find(actor, 'm')), { ...row, state: 'queued' });
      await change(store, actor, { op: 'attempt', id: 'm', attempts: 2, dueAt: 77 });
      assert.deepEqual(plain(await inbox.find(actor, 'm')), {
        ...row,
        state: 'queued',
        attempts: 2,
        dueAt: 77,
      });
      await change(store, actor, { op: 'open', id: 'm', row: null });
      assert.deepEqual(plain(await inbox.find(actor, 'm')), {
        ...row,
        state: 'open',
        attempts: 2,
        dueAt: 77,
      });
      await change(store, actor, { op: 'attempt', id: 'm', attempts: 3, dueAt: 88 });
      assert.deepEqual(plain(await inbox.find(actor, 'm')), {
        ...row,
        state: 'open',
        attempts: 3,
        dueAt: 88,
      });
      await change(store, actor, done('m', 'yes', { fresh: false, argsHash: 'later', expiresAt: null }));
      assert.deepEqual(plain(await inbox.find(actor, 'm')), {
        ...row,
        argsHash: 'later',
        state: 'done',
        message: null,
        attempts: 3,
        dueAt: null,
        answer: 'yes',
        expiresAt: null,
      });
    },
  },
  {
    name: 'opens a message that had no row, once (I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      const row = rowFor(actor, 'ask', { attempts: 1, dueAt: 5 });
      const head = await change(store, actor, { op: 'open', id: 'ask', row });
      assert.equal((await inbox.find(actor, 'ask'))?.state, 'open');
      assert.deepEqual(ids(await inbox.pending(actor)), ['ask']);
      const again = await write(journal, append(actor, head, [], { inbox: [{ op: 'open', id: 'ask', row }] }));
      assert.equal(again.kind === 'duplicate' && again.row.state, 'open');
      await change(store, actor, { op: 'open', id: 'ask', row: null });
      await change(store, actor, done('ask', 'yes', { fresh: false }));
      assert.deepEqual(await inbox.pending(actor), []);
    },
  },
  {
    name: 'moves no ended row back (I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      for (const op of ['done', 'parked'] as const) {
        const actor = freshActor();
        const head = await change(store, actor, ended(op, 'm', 'end'));
        const back: InboxChange[] = [
          { op: 'open', id: 'm', row: null },
          { op: 'open', id: 'm', row: rowFor(actor, 'm') },
          { op: 'attempt', id: 'm', attempts: 1, dueAt: 1 },
        ];
        for (const one of back) {
          const outcome = await write(journal, append(actor, head, [], { inbox: [one] }));
          assert.equal(outcome.kind, 'duplicate', `${one.op} after ${op}`);
        }
        const row = await inbox.find(actor, 'm');
        assert.deepEqual([row?.state, row?.dueAt, textOf(row?.answer ?? null)], [op, null, 'end']);
      }
    },
  },
  {
    name: 'fails a change to a message that has no row (I2)',
    async run({ store: { journal } }) {
      const actor = freshActor();
      const changes: InboxChange[] = [
        { op: 'open', id: 'm', row: null },
        { op: 'attempt', id: 'm', attempts: 1, dueAt: 1 },
        done('m', 'no', { fresh: false }),
        ended('parked', 'm', 'no', { fresh: false }),
        { op: 'open', id: 'm', row: rowFor(actor, 'another') },
      ];
      for (const one of changes) {
        const outcome = await write(journal, append(actor, NEW, [], { inbox: [one] }));
        assert.equal(outcome.kind, 'failed', one.op);
      }
    },
  },
  {
    name: 'lets a later change of an append follow from an earlier one (I2, J5)',
    async run({ store }) {
      const actor = freshActor();
      const { inbox } = store;
      await change(
        store,
        actor,
        { op: 'open', id: 'm', row: rowFor(actor, 'm') },
        { op: 'attempt', id: 'm', attempts: 4, dueAt: 6 },
        done('m', 'yes', { fresh: false }),
      );
      const row = await inbox.find(actor, 'm');
      assert.deepEqual([row?.state, row?.attempts, textOf(row?.answer ?? null)], ['done', 4, 'yes']);
      const head = await store.journal.head(actor);
      const twice = append(actor, head, [], {
        inbox: [done('n', 'first'), done('n', 'second', { fresh: false })],
      });
      assert.equal((await write(store.journal, twice)).kind, 'failed');
      assert.equal(await inbox.find(actor, 'n'), null);
    },
  },
];

const revivals: InboxCase[] = [
  {
    name: 'makes a parked row queued again, at its old place in the line (I1, I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      await journal.flush(['a', 'b', 'c'].map((id) => accept(actor, id)));
      await change(store, actor, { op: 'attempt', id: 'b', attempts: 5, dueAt: DUE });
      await change(store, actor, ended('parked', 'b', 'why', { fresh: false, expiresAt: null }));
      const row = rowFor(actor, 'b', { argsHash: 'edited', message: bytesOf('edited'), attempts: 0, dueAt: 7 });
      await change(store, actor, { op: 'revive', id: 'b', row });
      assert.deepEqual(plain(await inbox.find(actor, 'b')), {
        ...plain({ ...row, state: 'queued', answer: null, expiresAt: null }),
      });
      assert.deepEqual(ids(await inbox.pending(actor)), ['a', 'b', 'c']);
      assert.deepEqual(await inbox.parked(actor), []);
      assert.ok((await inbox.due(7, 100_000)).some((found) => found.actor === actor && found.dueAt === 7));
      await change(store, actor, { op: 'open', id: 'b', row: null }, ended('parked', 'b', 'again', { fresh: false }));
      assert.deepEqual(ids(await inbox.parked(actor)), ['b']);
      await change(store, actor, { op: 'revive', id: 'b', row }, done('b', 'given up', { fresh: false }));
      assert.deepEqual(ids(await inbox.pending(actor)), ['a', 'c']);
      assert.equal(textOf((await inbox.find(actor, 'b'))?.answer ?? null), 'given up');
    },
  },
  {
    name: 'revives one that was made parked, and behind it what comes later (I1, I2)',
    async run({ store }) {
      const { inbox } = store;
      const actor = freshActor();
      await change(store, actor, ended('parked', 'm', 'why'));
      await change(store, actor, { op: 'open', id: 'n', row: rowFor(actor, 'n') });
      await change(store, actor, { op: 'revive', id: 'm', row: rowFor(actor, 'm') });
      assert.deepEqual(ids(await inbox.pending(actor)), ['m', 'n']);
    },
  },
  {
    name: 'revives nothing but a parked row, and that once (I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      await commit(journal, accept(actor, 'queued'));
      await change(store, actor, { op: 'open', id: 'open', row: rowFor(actor, 'open') }, done('done', 'yes'));
      const head = await change(store, actor, ended('parked', 'parked', 'why'));
      const revive = (id: string): InboxChange => ({ op: 'revive', id, row: rowFor(actor, id) });
      const outcomeOf = async (...inbox: InboxChange[]): Promise<string> =>
        (await write(journal, append(actor, await journal.head(actor), [], { inbox }))).kind;
      for (const id of ['queued', 'open', 'done']) assert.equal(await outcomeOf(revive(id)), 'duplicate', id);
      assert.equal(await outcomeOf(revive('ghost')), 'failed');
      assert.equal(await outcomeOf({ op: 'revive', id: 'parked', row: rowFor(actor, 'another') }), 'failed');
      assert.equal(await outcomeOf(revive('parked'), revive('parked')), 'duplicate');
      assert.equal((await inbox.find(actor, 'parked'))?.state, 'parked');
      const stale = append(actor, { ...head, seq: head.seq + 1 }, [], { inbox: [revive('parked')] });
      assert.equal((await write(journal, stale)).kind, 'conflict');
      assert.equal(await outcomeOf(revive('parked')), 'committed');
      assert.equal(await outcomeOf(revive('parked')), 'duplicate');
    },
  },
  {
    name: 'takes back what waits and spares what has ended or was forgotten, without a refusal (I2)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      const takenBack = (id: string): InboxChange => done(id, 'taken back', { fresh: false, sparesEnded: true });
      await journal.flush(['waits', 'given up', 'both'].map((id) => accept(actor, id)));
      await change(store, actor, ended('parked', 'given up', 'why', { fresh: false, expiresAt: null }));
      const parked = plain(await inbox.find(actor, 'given up'));
      await change(store, actor, takenBack('waits'), takenBack('given up'), done('beside', 'yes'));
      assert.deepEqual(plain(await inbox.find(actor, 'given up')), parked);
      assert.deepEqual(ids(await inbox.parked(actor)), ['given up']);
      assert.deepEqual(ids(await inbox.pending(actor)), ['both']);
      for (const id of ['waits', 'beside']) assert.equal((await inbox.find(actor, id))?.state, 'done');
      await change(store, actor, ended('parked', 'both', 'why', { fresh: false }), takenBack('both')); // in one append
      assert.deepEqual(ids(await inbox.parked(actor)), ['given up', 'both']);
      await change(store, actor, revivalOf(actor, 'given up'), takenBack('given up'));
      assert.deepEqual(ids(await inbox.parked(actor)), ['both']);
      const outcomeOf = async (...inbox: InboxChange[]): Promise<string> =>
        (await write(journal, append(actor, await journal.head(actor), [], { inbox }))).kind;
      const answered = plain(await inbox.find(actor, 'beside'));
      assert.equal(await outcomeOf(takenBack('beside')), 'committed');
      assert.equal(await outcomeOf(done('at once', 'yes'), takenBack('at once'), takenBack('beside')), 'committed');
      assert.deepEqual(plain(await inbox.find(actor, 'beside')), answered);
      assert.equal(plain(await inbox.find(actor, 'at once'))?.['answer'], 'yes');
      assert.equal(await outcomeOf(takenBack('forgotten'), done('forgotten', 'yes')), 'committed');
      assert.equal(plain(await inbox.find(actor, 'forgotten'))?.['answer'], 'yes');
      assert.equal(await outcomeOf(takenBack('ghost')), 'committed');
      assert.equal(await inbox.find(actor, 'ghost'), null);
      assert.equal(await outcomeOf(done('both', 'no', { fresh: false })), 'duplicate');
      assert.equal(await outcomeOf(takenBack('both'), revivalOf(actor, 'both')), 'committed');
      assert.deepEqual(ids(await inbox.pending(actor)), ['both']);
    },
  },
  {
    name: 'keeps a revived row when the window has closed that it had as a parked one (I4)',
    async run({ store }) {
      const { inbox } = store;
      const actor = freshActor();
      const start = era();
      await change(store, actor, ended('parked', 'm', 'why', { expiresAt: start }));
      await change(store, actor, { op: 'revive', id: 'm', row: rowFor(actor, 'm') });
      await inbox.sweep(start + 1, 1_000_000);
      assert.equal((await inbox.find(actor, 'm'))?.state, 'queued');
    },
  },
  {
    name: 'lists the actors with parked rows in pages, and no others (I6)',
    async run({ store }) {
      const { journal, inbox } = store;
      const prefix = freshActor('p-');
      const actors = ['b', 'a', 'é', 'z', 'c', 'ab'].map((key) => `${prefix}${key}`);
      for (const actor of actors) await change(store, actor, ended('parked', 'm', 'why'), ended('parked', 'n', 'why'));
      await commit(journal, accept(`${prefix}quiet`, 'm'));
      await change(store, actors[3] as string, ...['m', 'n'].map((id) => revivalOf(actors[3] as string, id)));
      await change(store, actors[4] as string, revivalOf(actors[4] as string, 'm'));
      const found: string[] = [];
      for (let page: readonly string[] = ['']; page.length > 0; found.push(...page))
        page = await inbox.actorsParked(prefix, found.at(-1) ?? '', 2);
      assert.deepEqual(
        found,
        ['a', 'ab', 'b', 'c', 'é'].map((key) => `${prefix}${key}`),
      );
      assert.deepEqual(await inbox.actorsParked(`${prefix}ab`, '', 9), [`${prefix}ab`]);
      assert.deepEqual(await inbox.actorsParked(freshActor('none'), '', 9), []);
    },
  },
];

function revivalOf(actor: string, id: string): InboxChange {
  return { op: 'revive', id, row: rowFor(actor, id) };
}

const due: InboxCase[] = [
  {
    name: 'finds each actor with due work once, the earliest first (I3)',
    async run({ store }) {
      const { journal, inbox } = store;
      const start = era();
      const [a, b, c, late] = ['a', 'b', 'c', 'late'].map((label) => freshActor(label)) as [
        string,
        string,
        string,
        string,
      ];
      const mine = new Set([a, b, c, late]);
      const ask = async (at: number): Promise<[string, number][]> =>
        (await inbox.due(at, 100_000)).filter(({ actor }) => mine.has(actor)).map(({ actor, dueAt }) => [actor, dueAt]);
      await journal.flush([
        accept(a, 'a1', { dueAt: start + 50 }),
        accept(b, 'b1', { dueAt: start + 20 }),
        accept(a, 'a2', { dueAt: start + 10 }),
        accept(a, 'a3', { dueAt: start + 30 }),
        accept(late, 'l', { dueAt: start + 101 }),
        append(c, NEW, [], {
          inbox: [{ op: 'open', id: 'c1', row: rowFor(c, 'c1', { dueAt: start + 15 }) }],
        }),
      ]);
      assert.deepEqual(await ask(start + 9), []);
      assert.deepEqual(await ask(start + 10), [[a, start + 10]]);
      assert.deepEqual(await ask(start + 100), [
        [a, start + 10],
        [c, start + 15],
        [b, start + 20],
      ]);
      await change(store, b, { op: 'open', id: 'b1', row: null });
      await change(store, a, { op: 'attempt', id: 'a2', attempts: 1, dueAt: start + 40 });
      assert.deepEqual(await ask(start + 100), [
        [c, start + 15],
        [b, start + 20],
        [a, start + 30],
      ]);
      await change(store, c, done('c1', 'yes', { fresh: false }));
      await change(store, b, ended('parked', 'b1', 'why', { fresh: false }));
      assert.deepEqual(await ask(start + 100), [[a, start + 30]]);
      for (const id of ['a1', 'a2', 'a3']) await change(store, a, done(id, 'yes', { fresh: false }));
      assert.deepEqual(await ask(start + 100), []);
      await change(store, late, done('l', 'yes', { fresh: false }));
    },
  },
  {
    name: 'gives the earliest when more are due than asked for (I3)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actors = Array.from({ length: 6 }, (_, i) => freshActor(`a${i}`));
      // Before anything else in the store.
      const start = -anyBelow(2 ** 40) * 1_000 - 1_000;
      await journal.flush(
        actors.flatMap((actor, i) =>
          [0, 1, 2].map((k) => accept(actor, `m${k}`, { dueAt: start + 10 * ((i * 5) % 6) + k })),
        ),
      );
      const found = (await inbox.due(start + 99, 3)).filter(({ actor }) => actors.includes(actor));
      assert.deepEqual(
        found,
        [0, 5, 4].map((i) => ({ actor: actors[i], dueAt: start + 10 * ((i * 5) % 6) })),
      );
      for (const actor of actors) {
        await change(store, actor, ...[0, 1, 2].map((k) => done(`m${k}`, 'yes', { fresh: false })));
      }
    },
  },
  {
    name: 'tells when work falls due next, strictly after (I3)',
    async run({ store }) {
      const { journal, inbox } = store;
      const start = era();
      const actor = freshActor();
      await journal.flush([accept(actor, 'm', { dueAt: start + 5 }), accept(actor, 'n', { dueAt: start + 9 })]);
      assert.equal(await inbox.nextDue(start), start + 5);
      assert.equal(await inbox.nextDue(start + 4), start + 5);
      assert.equal(await inbox.nextDue(start + 5), start + 9);
      await change(store, actor, { op: 'open', id: 'n', row: null });
      assert.equal(await inbox.nextDue(start + 5), start + 9);
      await change(store, actor, done('m', 'yes', { fresh: false }));
      assert.equal(await inbox.nextDue(start), start + 9);
      await change(store, actor, done('n', 'yes', { fresh: false }));
      const next = await inbox.nextDue(start);
      assert.ok(next === null || next > start + 9);
      assert.equal(await inbox.nextDue(Number.MAX_SAFE_INTEGER), null);
    },
  },
];

const sweeping: InboxCase[] = [
  {
    name: 'forgets ended rows whose window has closed, and no others (I4)',
    async run({ store }) {
      const { journal, inbox } = store;
      const start = era();
      const actor = freshActor();
      await commit(journal, accept(actor, 'queued', { dueAt: start }));
      await change(
        store,
        actor,
        { op: 'open', id: 'open', row: rowFor(actor, 'open', { dueAt: start }) },
        done('closed', 'yes', { expiresAt: start + 10 }),
        ended('parked', 'closed-parked', 'why', { expiresAt: start + 10 }),
        done('open-window', 'yes', { expiresAt: start + 11 }),
        done('kept', 'yes', { expiresAt: null }),
        ended('parked', 'kept-parked', 'why', { expiresAt: null }),
      );
      await inbox.sweep(start + 9, 1_000_000);
      assert.equal((await inbox.find(actor, 'closed'))?.state, 'done');
      assert.ok((await inbox.sweep(start + 10, 1_000_000)) >= 2);
      assert.equal(await inbox.find(actor, 'closed'), null);
      assert.equal(await inbox.find(actor, 'closed-parked'), null);
      for (const id of ['queued', 'open', 'open-window', 'kept', 'kept-parked']) {
        assert.notEqual(await inbox.find(actor, id), null, `${id} is gone`);
      }
      assert.deepEqual(ids(await inbox.parked(actor)), ['kept-parked']);
      assert.deepEqual(ids(await inbox.pending(actor)), ['queued', 'open']);
      await change(store, actor, done('queued', '', { fresh: false }), done('open', '', { fresh: false }));
    },
  },
  {
    name: 'sweeps no more than it is asked to, and says how many (I4)',
    async run({ store }) {
      const { inbox } = store;
      const actor = freshActor();
      const start = -anyBelow(2 ** 40) * 1_000 - 1_000;
      await change(store, actor, ...[0, 1, 2, 3, 4].map((i) => done(`m${i}`, 'yes', { expiresAt: start + i })));
      assert.equal(await inbox.sweep(start + 10, 2), 2);
      const left = await Promise.all([0, 1, 2, 3, 4].map((i) => inbox.find(actor, `m${i}`)));
      assert.equal(left.filter((row) => row !== null).length, 3);
      assert.equal(await inbox.sweep(start + 10, 100), 3);
      assert.equal(await inbox.sweep(start + 10, 100), 0);
    },
  },
  {
    name: 'accepts an id again once it is forgotten (I4, P5)',
    async run({ store }) {
      const { journal, inbox } = store;
      const actor = freshActor();
      const start = era();
      await change(store, actor, done('m', 'first', { expiresAt: start }));
      assert.equal((await write(journal, accept(actor, 'm'))).kind, 'duplicate');
      await inbox.sweep(start, 1_000_000);
      const { seq, epoch } = await journal.head(actor);
      await commit(
        journal,
        append(actor, { seq, epoch }, ['a'], { inbox: [done('m', 'second', { expiresAt: NEVER })] }),
      );
      assert.equal(textOf((await inbox.find(actor, 'm'))?.answer ?? null), 'second');
    },
  },
];

/** Every rule of InboxStorage, as cases for any runner. @publicApi */
export const inboxCases: readonly InboxCase[] = [
  ...lines,
  ...transitions,
  ...revivals,
  ...due,
  ...sweeping,
  ...doneCases,
];

/** Declares the conformance tests of an InboxStorage together with the journal that writes it. @publicApi */
export function describeInboxStorage(backend: Backend<MessageStorage>, runner?: TestRunner): void {
  describeCases('inbox storage', backend, inboxCases, ({ journal }) => journal.close(), runner);
}
