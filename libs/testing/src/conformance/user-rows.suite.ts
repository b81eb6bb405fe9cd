import assert from 'node:assert/strict';
import type { AppendWrite, Outcome, RowRefusal, RowStatement, RowValue } from '#spi';
import {
  accept,
  anyBelow,
  append,
  commit,
  done,
  during,
  freshActor,
  type MessageStorage,
  NEW,
  plain,
  readAll,
  rowFor,
  write,
} from './builders';
import type { Bench, Case, UserTables } from './case';

type RowCase = Case<MessageStorage>;

/** The statement under test; what it says it is about matters to nobody here. */
function statement(sql: string, expect: number | null = null, params: readonly RowValue[] = []): RowStatement {
  return { entity: 'Row', operation: 'update', sql, params, expect };
}

const turn = (actor: string, rows: readonly RowStatement[], options: Partial<AppendWrite> = {}): AppendWrite =>
  append(actor, NEW, ['a'], { inbox: [done('m', 'yes')], rows, ...options });

function refusalOf(outcome: Outcome): RowRefusal {
  if (outcome.kind !== 'rejected')
    throw new assert.AssertionError({ message: `the append is ${outcome.kind}, not rejected (J12)` });
  return outcome.refusal;
}

/** Nothing of `actor` is stored. */
async function assertUntouched({ journal, inbox }: MessageStorage, actor: string): Promise<void> {
  assert.equal((await journal.head(actor)).seq, 0, 'the head stays (J1)');
  assert.deepEqual(await readAll(journal, actor), [], 'no entry stays (J1)');
  assert.equal(plain(await inbox.find(actor, 'm')), null, 'no inbox row stays (J1)');
}

/** Rules of stores whose appends may carry rows, as cases for any runner. @publicApi */
export function rowCases(tables: UserTables): readonly RowCase[] {
  /** A table of its own for each case: `id` is unique, `value` neither null nor negative, `parent` an id of it or null. */
  async function table(deferred = ''): Promise<string> {
    const name = `conformance_${anyBelow(1e15)}`;
    await tables.query(
      `CREATE TABLE ${name} (id integer PRIMARY KEY, value integer NOT NULL CHECK (value >= 0), parent integer REFERENCES ${name} (id) ${deferred})`,
    );
    return name;
  }
  const contents = async (name: string): Promise<[id: number, value: number][]> => {
    const rows = await tables.query(`SELECT id, value FROM ${name} ORDER BY id`);
    return Array.from(rows, ({ id, value }) => [Number(id), Number(value)]);
  };
  const add = (name: string, id: number, value = 0): RowStatement =>
    statement(`INSERT INTO ${name} (id, value) VALUES (${id}, ${value})`);

  const named = (
    name: string,
    run: (store: MessageStorage, bench: Bench<MessageStorage>) => Promise<void>,
  ): RowCase => ({
    name,
    run: (bench) => run(bench.store, bench),
  });

  return [
    named('commits rows with entries, inbox changes and sends, in their order (J12)', async (store) => {
      const [actor, receiver, name] = [freshActor(), freshActor('receiver'), await table()];
      const rows = [
        add(name, 1),
        statement(`UPDATE ${name} SET value = value + 2 WHERE id = 1`, 1),
        statement(`UPDATE ${name} SET value = value * 10`, 1),
        add(name, 2, 5),
        statement(`DELETE FROM ${name} WHERE value < 9`, 1),
      ];
      const head = await commit(store.journal, turn(actor, rows, { sends: [rowFor(receiver, 's')] }));
      assert.deepEqual(head, { seq: 1, epoch: 1 });
      assert.deepEqual(await contents(name), [[1, 20]]);
      assert.equal((await store.inbox.find(actor, 'm'))?.state, 'done');
      assert.equal((await store.inbox.find(receiver, 's'))?.state, 'queued');
    }),

    named('rejects an append whose statement misses its count, and keeps nothing of it (J12, J1)', async (store) => {
      const [actor, receiver, name] = [freshActor(), freshActor('receiver'), await table()];
      const rows = [add(name, 1), statement(`UPDATE ${name} SET value = 1 WHERE id = 2`, 1), add(name, 3)];
      const refusal = refusalOf(await write(store.journal, turn(actor, rows, { sends: [rowFor(receiver, 's')] })));
      assert.deepEqual({ ...refusal, reason: '' }, { statement: 1, violation: 'count', touched: 0, reason: '' });
      await assertUntouched(store, actor);
      assert.equal(await store.inbox.find(receiver, 's'), null);
      assert.deepEqual(await contents(name), []);
    }),

    named('takes any count where none is expected, and none where none may be (J12)', async (store) => {
      const [actor, name] = [freshActor(), await table()];
      const rows = [statement(`DELETE FROM ${name}`), statement(`DELETE FROM ${name}`, 0), add(name, 1)];
      await commit(store.journal, turn(actor, rows));
      const many = statement(`UPDATE ${name} SET value = 1`, 0);
      assert.equal(refusalOf(await write(store.journal, turn(freshActor(), [many]))).touched, 1);
      assert.deepEqual(await contents(name), [[1, 0]]);
    }),

    ...(
      [
        ['unique', (name) => add(name, 1)],
        ['check', (name) => add(name, 2, -1)],
        ['notNull', (name) => statement(`INSERT INTO ${name} (id) VALUES (2)`)],
        ['foreignKey', (name) => statement(`INSERT INTO ${name} (id, value, parent) VALUES (2, 0, 3)`)],
        ['other', () => statement('INSERT INTO conformance_nowhere (id) VALUES (1)')],
        ['other', (name) => statement(`UPDATE ${name} SET`)],
      ] satisfies [string, (name: string) => RowStatement][]
    ).map(([violation, broken]) =>
      named(`says ${violation} of "${broken('t').sql}" (J12)`, async (store) => {
        const [actor, name] = [freshActor(), await table()];
        await commit(store.journal, turn(freshActor(), [add(name, 1)]));
        const refusal = refusalOf(await write(store.journal, turn(actor, [add(name, 9), broken(name)])));
        assert.deepEqual({ ...refusal, reason: '' }, { statement: 1, violation, touched: null, reason: '' });
        assert.ok(refusal.reason.length > 5, 'the database says why');
        await assertUntouched(store, actor);
        assert.deepEqual(await contents(name), [[1, 0]]);
      }),
    ),

    named('lets neighbours of a rejected append commit, each with its rows (J5, J12)', async (store) => {
      const [first, second, third, name] = [freshActor(), freshActor(), freshActor(), await table()];
      const outcomes = await store.journal.flush([
        turn(first, [add(name, 1)]),
        turn(second, [add(name, 2), add(name, 1)]),
        append(second, { seq: 1, epoch: 1 }, ['b'], { rows: [add(name, 4)] }), // built on what was refused
        accept(third, 'other'),
        turn(third, [statement(`UPDATE ${name} SET value = 7 WHERE id = 1`, 1), add(name, 3)]),
      ]);
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['committed', 'rejected', 'conflict', 'accepted', 'committed'],
      );
      await assertUntouched(store, second);
      assert.deepEqual(await contents(name), [
        [1, 7],
        [3, 0],
      ]);
    }),

    named('writes no rows of an append that is a conflict, a duplicate or failed (J2, J6, J12)', async (store) => {
      const [actor, name] = [freshActor(), await table()];
      const head = await commit(store.journal, turn(actor, []));
      const rows = [add(name, 1), add(name, 1)];
      const outcomes = await store.journal.flush([
        turn(actor, rows),
        append(actor, head, ['b'], { inbox: [done('m', 'again')], rows }),
        append(actor, head, ['b'], { inbox: [{ op: 'open', id: 'unknown', row: null }], rows }),
      ]);
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['conflict', 'duplicate', 'failed'],
        'what the journal refuses is not for the rows to judge',
      );
      assert.deepEqual(await contents(name), []);
    }),

    named('rejects alone an append that leaves a deferred constraint open (J5, J12)', async (store) => {
      const [first, second, third, name] = [
        freshActor(),
        freshActor(),
        freshActor(),
        await table('DEFERRABLE INITIALLY DEFERRED'),
      ];
      const child = (id: number, parent: number): RowStatement =>
        statement(`INSERT INTO ${name} (id, value, parent) VALUES (${id}, 0, ${parent})`);
      const outcomes = await store.journal.flush([
        turn(first, [child(1, 2), add(name, 2)]), // closed before its end
        turn(second, [child(3, 99)]),
        turn(third, [add(name, 4)]),
      ]);
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['committed', 'rejected', 'committed'],
      );
      assert.equal(refusalOf(outcomes[1] as Outcome).violation, 'foreignKey');
      await assertUntouched(store, second);
      assert.equal((await store.journal.head(third)).seq, 1);
      assert.deepEqual(await contents(name), [
        [1, 0],
        [2, 0],
        [4, 0],
      ]);
    }),

    named('binds values as they are given (J9, J12)', async (store) => {
      const name = `conformance_${anyBelow(1e15)}`;
      const [text, bytes, integer, real] = ['text', 'bytes', 'integer', 'real'].map(
        (kind) => tables.types[kind as 'text'],
      );
      await tables.query(
        `CREATE TABLE ${name} (id integer, t ${text}, b ${bytes}, i ${integer}, r ${real}, n ${text})`,
      );
      const params = [1, "'🦊;\u2028--\n", Uint8Array.of(0, 255, 1), 9_007_199_254_740_993n, -0.1, null];
      const places = params.map((_, i) => tables.placeholder(i + 1)).join(', ');
      await commit(store.journal, turn(freshActor(), [statement(`INSERT INTO ${name} VALUES (${places})`, 1, params)]));
      const [row] = await tables.query(`SELECT t, b, CAST(i AS ${text}) AS i, r, n FROM ${name}`);
      assert.deepEqual(
        { ...row, b: new Uint8Array(row?.['b'] as Uint8Array) },
        { t: params[1], b: params[2], i: '9007199254740993', r: -0.1, n: null },
      );
    }),

    named('shows others the rows of all appends that are committed, and of no other (J4, J12)', async (store) => {
      const [actor, name] = [freshActor(), await table()];
      const committed = async (): Promise<number> => (await store.journal.head(actor)).seq;
      await during(
        async () => {
          for (let seq = 0; seq < 40; seq++)
            await commit(
              store.journal,
              append(actor, { seq, epoch: seq === 0 ? 0 : 1 }, ['a'], { rows: [add(name, seq)] }),
            );
        },
        async () => {
          const before = await committed();
          const seen = (await contents(name)).length;
          assert.ok(before <= seen && seen <= (await committed()), `${seen} rows are seen at seq ${before} or later`);
        },
      );
      assert.equal((await contents(name)).length, 40);
    }),
  ];
}

/** Rules of stores whose appends carry no rows. @publicApi */
export const noRowCases: readonly RowCase[] = [
  {
    name: 'fails an append with rows, which it cannot write, and its neighbours do not notice (J12)',
    async run({ store }) {
      const [first, second] = [freshActor(), freshActor()];
      const outcomes = await store.journal.flush([
        turn(first, [statement('DELETE FROM t')]),
        append(second, NEW, ['a'], { inbox: [done('m', 'yes')] }),
      ]);
      assert.deepEqual(
        outcomes.map(({ kind }) => kind),
        ['failed', 'committed'],
      );
      await assertUntouched(store, first);
    },
  },
];
