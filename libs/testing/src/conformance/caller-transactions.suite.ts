import assert from 'node:assert/strict';
import type { CallerOutcome, CallerTransactions, NewInboxRow } from '#spi';
import {
  accept,
  append,
  commit,
  done,
  freshActor,
  type MessageStorage,
  NEW,
  plain,
  rejectsWith,
  rowFor,
  write,
} from './builders';
import type { Case, UserTransactions } from './case';
import { IMPOSSIBLE_IDS, NASTY_BYTES, NASTY_IDS } from './nasty-values';

type CallerCase = Case<MessageStorage>;

interface Options {
  readonly mustExist?: boolean;
  readonly committed?: () => void;
}

const UNDONE = new Error('the application rolls its transaction back');

function callersOf({ callerTransactions }: MessageStorage): CallerTransactions {
  assert.ok(callerTransactions, 'a store that declares callerTransactions has them');
  return callerTransactions;
}

function tell(
  store: MessageStorage,
  transaction: unknown,
  row: NewInboxRow,
  { mustExist = false, committed = () => undefined }: Options = {},
): Promise<CallerOutcome> {
  return callersOf(store).accept(transaction, { row, mustExist, committed });
}

/** Rules of stores that accept messages in transactions of the application, as cases for any runner. @publicApi */
export function callerCases(transactions: UserTransactions): readonly CallerCase[] {
  const named = (name: string, run: (store: MessageStorage) => Promise<void>): CallerCase => ({
    name,
    run: ({ store }) => run(store),
  });
  const rolledBack = async (work: (transaction: unknown) => Promise<void>): Promise<void> => {
    const run = transactions.run(async (transaction) => {
      await work(transaction);
      throw UNDONE;
    });
    await assert.rejects(run, (error) => error === UNDONE);
  };
  const committed = (store: MessageStorage, ...rows: readonly NewInboxRow[]): Promise<void> =>
    transactions.run(async (transaction) => {
      for (const row of rows) assert.deepEqual(await tell(store, transaction, row), { kind: 'accepted' });
    });
  const idsOf = async ({ inbox }: MessageStorage, actor: string): Promise<string[]> =>
    (await inbox.pending(actor)).map(({ id }) => id);

  return [
    named('accepts a message with the commit, and shows it to nobody before (X1)', async (store) => {
      const actor = freshActor();
      await transactions.run(async (transaction) => {
        assert.deepEqual(await tell(store, transaction, rowFor(actor, 'm')), { kind: 'accepted' });
        assert.equal(await store.inbox.find(actor, 'm'), null, 'it is not committed yet');
        assert.deepEqual(await idsOf(store, actor), []);
      });
      assert.deepEqual(await idsOf(store, actor), ['m']);
    }),

    named('keeps the row that a flush would have written (X4)', async (store) => {
      const [told, flushed] = [freshActor(), freshActor()];
      const options = { argsHash: 'other', attempts: 3 };
      await committed(store, rowFor(told, 'm', options));
      await commit(store.journal, accept(flushed, 'm', options));
      assert.deepEqual(
        plain(await store.inbox.find(told, 'm')),
        { ...plain(await store.inbox.find(flushed, 'm')), actor: told },
        'the rows differ',
      );
    }),

    named('gives back bytes and ids exactly as they went in (X4)', async (store) => {
      const actor = freshActor();
      const rows = [
        ...NASTY_BYTES.map(([name, message]) => rowFor(actor, `bytes: ${name}`, { message })),
        ...NASTY_IDS.map((id) => rowFor(actor, id)),
      ];
      await committed(store, ...rows);
      for (const { id, message } of rows) {
        const found = await store.inbox.find(actor, id);
        assert.ok(Buffer.compare(found?.message ?? Buffer.from('none'), message) === 0, `bytes of ${id}`);
      }
      for (const id of NASTY_IDS) {
        await committed(store, rowFor(`${actor}/${id}`, 'm'));
        assert.deepEqual(await idsOf(store, `${actor}/${id}`), ['m'], `receiver ${id}`);
      }
    }),

    named('lists messages of a transaction in the order of the calls, between others (X4)', async (store) => {
      const actor = freshActor();
      await commit(store.journal, accept(actor, 'before'));
      await committed(store, ...['c', 'a', 'b'].map((id) => rowFor(actor, id)));
      await commit(store.journal, accept(actor, 'after'));
      assert.deepEqual(await idsOf(store, actor), ['before', 'c', 'a', 'b', 'after']);
    }),

    named('leaves nothing of a transaction that is rolled back (X6)', async (store) => {
      const [known, fresh, next] = [freshActor(), freshActor(), freshActor()];
      await commit(store.journal, accept(known, 'first'));
      await rolledBack(async (transaction) => {
        for (const actor of [known, fresh, fresh]) await tell(store, transaction, rowFor(actor, 'gone'));
      });
      assert.equal(await store.inbox.find(known, 'gone'), null);
      assert.equal(await store.inbox.find(fresh, 'gone'), null);
      // What stood for an actor inside the transaction must not stand for another one now.
      await commit(store.journal, accept(next, 'own'));
      await commit(store.journal, accept(fresh, 'own'));
      await committed(store, rowFor(fresh, 'gone'));
      assert.deepEqual(await idsOf(store, next), ['own']);
      assert.deepEqual(await idsOf(store, fresh), ['own', 'gone']);
    }),

    named(
      'answers a known id with its row, also one of the same transaction, and writes nothing (X3)',
      async (store) => {
        const actor = freshActor();
        const head = await commit(store.journal, accept(actor, 'waits', { argsHash: 'first' }));
        await commit(store.journal, append(actor, head, ['a'], { inbox: [done('ended', 'yes')] }));
        const row = async (transaction: unknown, id: string): Promise<unknown> => {
          const outcome = await tell(store, transaction, rowFor(actor, id, { argsHash: 'second' }));
          assert.equal(outcome.kind, 'duplicate', `${id} is known`);
          return outcome.kind === 'duplicate' ? plain(outcome.row) : null;
        };
        const [waits, ended] = [
          plain(await store.inbox.find(actor, 'waits')),
          plain(await store.inbox.find(actor, 'ended')),
        ];
        await transactions.run(async (transaction) => {
          assert.deepEqual(await row(transaction, 'waits'), waits);
          assert.deepEqual(await row(transaction, 'ended'), ended);
          assert.deepEqual(await tell(store, transaction, rowFor(actor, 'new')), { kind: 'accepted' });
          assert.deepEqual(await row(transaction, 'new'), {
            ...waits,
            id: 'new',
            argsHash: 'hash',
            message: 'message new',
          });
        });
        assert.deepEqual(await idsOf(store, actor), ['waits', 'new']);
        assert.deepEqual(plain(await store.inbox.find(actor, 'waits')), waits);
        assert.deepEqual(plain(await store.inbox.find(actor, 'ended')), ended);
      },
    ),

    ...(['commits', 'is rolled back'] as const).map((end) =>
      named(
        `makes a flush of the same id wait: it is decided by whether the transaction ${end} (X1)`,
        async (store) => {
          const actor = freshActor();
          await commit(store.journal, accept(actor, 'first'));
          let flushed: ReturnType<typeof write> | undefined;
          const work = async (transaction: unknown): Promise<void> => {
            await tell(store, transaction, rowFor(actor, 'm'));
            flushed = write(store.journal, accept(actor, 'm'));
          };
          await (end === 'commits' ? transactions.run(work) : rolledBack(work));
          assert.equal((await flushed)?.kind, end === 'commits' ? 'duplicate' : 'accepted');
          assert.deepEqual(await idsOf(store, actor), ['first', 'm']);
        },
      ),
    ),

    named('looks up a receiver that must be there, before its message (X3)', async (store) => {
      const [absent, live, terminated] = [freshActor(), freshActor(), freshActor()];
      await commit(store.journal, append(live, NEW, ['a']));
      const end = append(terminated, NEW, ['a'], { status: 'terminated', inbox: [done('m', 'yes')] });
      await commit(store.journal, end);
      const must = { mustExist: true };
      await transactions.run(async (transaction) => {
        const outcomes = [];
        for (const actor of [absent, live, terminated])
          outcomes.push(await tell(store, transaction, rowFor(actor, 'm'), must));
        assert.deepEqual(outcomes, [
          { kind: 'missing', status: 'absent' },
          { kind: 'accepted' },
          { kind: 'missing', status: 'terminated' },
        ]);
      });
      assert.deepEqual([await idsOf(store, absent), await idsOf(store, live)], [[], ['m']]);
      assert.equal((await store.inbox.find(terminated, 'm'))?.state, 'done');
    }),

    named('fails a message whose id no store may keep, and the transaction goes on (X4)', async (store) => {
      const actor = freshActor();
      await transactions.run(async (transaction) => {
        for (const id of IMPOSSIBLE_IDS)
          assert.equal((await tell(store, transaction, rowFor(actor, id))).kind, 'failed', JSON.stringify(id));
        assert.deepEqual(await tell(store, transaction, rowFor(actor, 'm')), { kind: 'accepted' });
      });
      assert.deepEqual(await idsOf(store, actor), ['m']);
    }),

    named(
      'tells of the commit once per accepted message, in the order of the calls, and not before (X5)',
      async (store) => {
        const actor = freshActor();
        const told: string[] = [];
        const telling = (id: string): Options => ({ committed: () => void told.push(id) });
        await transactions.run(async (transaction) => {
          for (const id of ['b', 'a', 'b', 'c']) await tell(store, transaction, rowFor(actor, id), telling(id));
          assert.deepEqual(told, [], 'nothing is committed yet');
        });
        assert.deepEqual(told, ['b', 'a', 'c']);
        await rolledBack(async (transaction) => {
          await tell(store, transaction, rowFor(actor, 'd'), telling('d'));
        });
        await committed(store, rowFor(actor, 'e'));
        assert.deepEqual(told, ['b', 'a', 'c'], 'nobody hears of what was rolled back');
      },
    ),

    named('takes nothing for a transaction but an open one, and writes nothing then (X2)', async (store) => {
      const actor = freshActor();
      let over: unknown;
      await transactions.run(async (transaction) => {
        over = await Promise.resolve(transaction);
      });
      for (const [what, given] of [
        ['null', null],
        ['undefined', undefined],
        ['a string', 'BEGIN'],
        ['an object', {}],
        ['one that has ended', over],
      ] as const)
        await rejectsWith('PS_INVALID_TRANSACTION', () => tell(store, given, rowFor(actor, 'm')), what);
      assert.deepEqual(await idsOf(store, actor), []);
    }),

    {
      name: 'takes nothing once the store is closed (X7)',
      async run({ store, open }) {
        const actor = freshActor();
        const closed = await open();
        await closed.journal.close();
        await transactions.run((transaction) =>
          rejectsWith('PS_STORE_CLOSED', () => tell(closed, transaction, rowFor(actor, 'm')), 'accept'),
        );
        assert.deepEqual(await idsOf(store, actor), []);
      },
    },
  ];
}

/** Rules of stores that know nothing of the application's transactions. @publicApi */
export const noCallerCases: readonly CallerCase[] = [
  {
    name: 'offers no way into a transaction of the application, which it could not keep (X1)',
    async run({ store }) {
      await Promise.resolve();
      assert.equal(store.callerTransactions, undefined);
    },
  },
];
