import type { AppendWrite, Outcome, RowStatement, Storage, Write } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { type Backend, type Case, failuresOf, noRowCases, rowCases, type UserTables } from '#testing/conformance';
import { sqliteFile } from './backends';

// Stores that get the rows of a turn wrong, each in one way: the cases of J12 have to notice every one of them.

type Flush = Storage['journal']['flush'];
type Plant = (writes: readonly Write[], real: Flush, tables: UserTables) => Promise<readonly Outcome[]>;

const appending =
  (change: (write: AppendWrite) => AppendWrite): Plant =>
  (writes, real) =>
    real(writes.map((write) => (write.kind === 'append' ? change(write) : write)));

const withRows = (change: (rows: readonly RowStatement[]) => readonly RowStatement[]): Plant =>
  appending((write) => (write.rows === undefined ? write : { ...write, rows: change(write.rows) }));

const without = ({ rows: _, ...write }: AppendWrite): AppendWrite => write;

const outcomes =
  (change: (outcome: Outcome) => Outcome): Plant =>
  async (writes, real) =>
    (await real(writes)).map(change);

const mutants: Record<string, Plant> = {
  'leaves rows out': appending(without),
  'forgets the counts': withRows((rows) => rows.map((row) => ({ ...row, expect: null }))),
  'runs statements in another order': withRows((rows) => [...rows].reverse()),
  'runs only the first statement': withRows((rows) => rows.slice(0, 1)),
  'loses parameters': withRows((rows) => rows.map((row) => ({ ...row, params: row.params.map(() => null) }))),
  'rounds large integers': withRows((rows) =>
    rows.map((row) => ({ ...row, params: row.params.map((one) => (typeof one === 'bigint' ? Number(one) : one)) })),
  ),
  'takes a rejection for a failure of the store': outcomes((outcome) =>
    outcome.kind === 'rejected' ? { kind: 'failed', reason: outcome.refusal.reason } : outcome,
  ),
  'does not say which statement it was': outcomes((outcome) =>
    outcome.kind === 'rejected' ? { ...outcome, refusal: { ...outcome.refusal, statement: 0 } } : outcome,
  ),
  'does not say what was broken': outcomes((outcome) =>
    outcome.kind === 'rejected' ? { ...outcome, refusal: { ...outcome.refusal, violation: 'other' } } : outcome,
  ),
  'rejects the whole flush with one turn': async (writes, real) => {
    const found = await real(writes);
    const rejected = found.find(({ kind }) => kind === 'rejected');
    return found.map((outcome) => (outcome.kind === 'committed' ? (rejected ?? outcome) : outcome));
  },
  'writes rows in a transaction of their own, after the commit': async (writes, real, tables) => {
    const found = await real(writes.map((write) => (write.kind === 'append' ? without(write) : write)));
    for (const [i, write] of writes.entries()) {
      if (write.kind !== 'append' || found[i]?.kind !== 'committed') continue;
      for (const { sql } of write.rows ?? []) await tables.query(sql).catch(() => undefined);
    }
    return found;
  },
  'writes rows before it knows whether the append commits': async (writes, real, tables) => {
    for (const write of writes)
      if (write.kind === 'append')
        for (const { sql } of write.rows ?? []) await tables.query(sql).catch(() => undefined);
    return real(writes.map((write) => (write.kind === 'append' ? without(write) : write)));
  },
};

function planted(plant: Plant): { backend: Backend<Storage>; cases: readonly Case<Storage>[] } {
  const honest = sqliteFile();
  const opened: Storage[] = [];
  const open = async (): Promise<Storage> => {
    const store = await honest.open();
    opened.push(store);
    const real = store.journal.flush.bind(store.journal);
    store.journal.flush = (writes) => plant(writes, real, honest.tables);
    return store;
  };
  const destroy = async (): Promise<void> => {
    await Promise.all(opened.flatMap(({ journal, checkpoints }) => [journal.close(), checkpoints.close()]));
    await honest.destroy();
  };
  return { backend: { ...honest, open, destroy }, cases: rowCases(honest.tables) };
}

describe('the conformance cases of rows', () => {
  it('let the honest store pass', async () => {
    const { backend, cases } = planted((writes, real) => real(writes));
    expect([...(await failuresOf(backend, cases))]).toEqual([]);
  });

  it('cite the rule they are about', () => {
    for (const { name } of [...planted((writes, real) => real(writes)).cases, ...noRowCases])
      expect(name).toMatch(/\bJ12\b/);
  });

  it.each(Object.entries(mutants))('J12: kill “%s”', async (_, plant) => {
    const { backend, cases } = planted(plant);
    expect((await failuresOf(backend, cases)).size).toBeGreaterThan(0);
  });

  it('J12: kill “has no tables, and commits without the rows”', async () => {
    const store = new MemoryStorage();
    const real = store.journal.flush.bind(store.journal);
    store.journal.flush = (writes) => appending(without)(writes, real, undefined as never);
    const backend = { name: 'mutant', open: () => Promise.resolve(store), destroy: () => Promise.resolve() };
    expect((await failuresOf(backend, noRowCases)).size).toBe(1);
  });
});
