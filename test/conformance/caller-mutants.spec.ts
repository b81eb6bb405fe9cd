import { type CallerRow, type CallerTransactions, type InboxRow, type Storage, isPlexSpacesError } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { type Backend, type Case, callerCases, failuresOf, noCallerCases } from '#testing/conformance';
import { sqliteFile } from './backends';

// Stores that get messages in the application's transactions wrong, each in one way: the cases of X1 to X7 have to notice
// every one of them.

type Accept = CallerTransactions['accept'];
type Plant = (real: Accept, store: Storage) => Accept;

const changing =
  (change: (message: CallerRow) => CallerRow): Plant =>
  (real) =>
  (transaction, message) =>
    real(transaction, change(message));

const mutants: Record<string, Plant> = {
  'X1: accepts at once, whatever becomes of the transaction':
    (_, store) =>
    async (_transaction, { row }) => {
      await store.journal.flush([{ kind: 'accept', row }]);
      return { kind: 'accepted' };
    },
  'X2: takes what is no transaction for one': (real) => async (transaction, message) => {
    try {
      return await real(transaction, message);
    } catch (error) {
      if (isPlexSpacesError(error) && error.code === 'PS_INVALID_TRANSACTION') return { kind: 'accepted' };
      throw error;
    }
  },
  'X3: takes a known id for a new one': (real) => async (transaction, message) => {
    const outcome = await real(transaction, message);
    return outcome.kind === 'duplicate' ? { kind: 'accepted' } : outcome;
  },
  'X3: answers a known id with the row that came': (real) => async (transaction, message) => {
    const outcome = await real(transaction, message);
    return outcome.kind === 'duplicate'
      ? { kind: 'duplicate', row: { ...outcome.row, argsHash: message.row.argsHash } }
      : outcome;
  },
  'X3: does not look for the receiver': changing((message) => ({ ...message, mustExist: false })),
  'X4: forgets the attempts that were counted': changing((message) => ({
    ...message,
    row: { ...message.row, attempts: 0 },
  })),
  'X4: folds ids to lower case': changing((message) => ({
    ...message,
    row: { ...message.row, id: message.row.id.toLowerCase() },
  })),
  'X4: takes ids that no store may keep': (real) => async (transaction, message) => {
    const outcome = await real(transaction, message);
    return outcome.kind === 'failed' ? { kind: 'accepted' } : outcome;
  },
  'X5: tells nobody of the commit': changing((message) => ({ ...message, committed: () => undefined })),
  'X5: tells of the commit when it is called': (real) => async (transaction, message) => {
    const outcome = await real(transaction, { ...message, committed: () => undefined });
    if (outcome.kind === 'accepted') message.committed();
    return outcome;
  },
  'X5: tells of each commit twice': changing((message) => ({
    ...message,
    committed: () => [message.committed(), message.committed()],
  })),
  'X5: tells of known ids as well': (real) => async (transaction, message) => {
    const outcome = await real(transaction, message);
    if (outcome.kind === 'duplicate') message.committed();
    return outcome;
  },
  'X6: remembers what was rolled back': (real) => {
    const seen = new Map<string, InboxRow>();
    return async (transaction, message) => {
      const { row } = message;
      const known = seen.get(`${row.actor} ${row.id}`);
      if (known !== undefined) return { kind: 'duplicate', row: known };
      const outcome = await real(transaction, message);
      if (outcome.kind === 'accepted')
        seen.set(`${row.actor} ${row.id}`, { ...row, state: 'queued', answer: null, expiresAt: null });
      return outcome;
    };
  },
  'X7: takes messages when the store is closed': (real) => async (transaction, message) => {
    try {
      return await real(transaction, message);
    } catch (error) {
      if (isPlexSpacesError(error) && error.code === 'PS_STORE_CLOSED') return { kind: 'accepted' };
      throw error;
    }
  },
};

function planted(plant: Plant): { backend: Backend<Storage>; cases: readonly Case<Storage>[] } {
  const honest = sqliteFile();
  const opened: Storage[] = [];
  const open = async (): Promise<Storage> => {
    const store = await honest.open();
    opened.push(store);
    const callers = store.callerTransactions as CallerTransactions;
    callers.accept = plant(callers.accept.bind(callers), store);
    return store;
  };
  const destroy = async (): Promise<void> => {
    await Promise.all(opened.flatMap(({ journal, checkpoints }) => [journal.close(), checkpoints.close()]));
    await honest.destroy();
  };
  return { backend: { ...honest, open, destroy }, cases: callerCases(honest.transactions) };
}

describe('the conformance cases of callerTransactions', () => {
  const honest: Plant = (real) => real;

  it('let the honest store pass', async () => {
    const { backend, cases } = planted(honest);
    expect([...(await failuresOf(backend, cases))]).toEqual([]);
  });

  it('cite the rule they are about, and leave none out', () => {
    const cited = [...planted(honest).cases, ...noCallerCases].map(({ name }) => /\(X(\d)\)$/.exec(name)?.[1]);
    expect([...new Set(cited)].sort()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  it.each(Object.entries(mutants))('kill “%s”', async (name, plant) => {
    const { backend, cases } = planted(plant);
    const rule = name.slice(0, 2);
    const failures = await failuresOf(backend, cases);
    expect([...failures.keys()].filter((failed) => failed.endsWith(`(${rule})`))).not.toEqual([]);
  });

  it('kill “has no transactions to be part of, and offers them all the same”', async () => {
    const store: Storage = Object.assign(new MemoryStorage(), {
      callerTransactions: { accept: () => Promise.resolve({ kind: 'accepted' as const }) },
    });
    const backend = { name: 'mutant', open: () => Promise.resolve(store), destroy: () => Promise.resolve() };
    expect((await failuresOf(backend, noCallerCases)).size).toBe(1);
  });
});
