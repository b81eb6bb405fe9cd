import { type Evidence, judge } from './judge';

const one = { lines: 1, quantity: 6, amount: 15_300 };
const call = (key: string, receipt: number) => ({ key, name: 'price', at: 0, value: { receipt, amount: 15_300 } });
const record = (key: string, receipt: number) => ({ key, value: { receipt, amount: 15_300 } });

/** Two lines; the price of the second was asked for again after a death. */
const honest: Evidence = {
  expected: { items: new Map([['A', one]]), customers: new Map([['C', one]]) },
  items: new Map([['A', one]]),
  customers: new Map([['C', one]]),
  plannedEffects: 2,
  failures: [],
  plannedKills: 2,
  deaths: ['SIGKILL', 'SIGKILL'],
  struckAtWork: 1,
  lastExit: 0,
  effects: [record('k1', 1), record('k2', 3)],
  ledger: [call('k1', 1), call('k2', 2), call('k2', 3)],
  history: { problems: [], invalid: [] },
};

describe('the judge of the real-data run', () => {
  it('has nothing against an honest one', () => {
    expect(judge(honest)).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['a line booked twice', { items: new Map([['A', { ...one, lines: 2, quantity: 12 }]]) }, 'item A has'],
    ['an item that is missing', { items: new Map() }, 'item A has nothing'],
    ['an item from nowhere', { items: new Map([['A', one], ['B', one]]) }, 'item B has'], // prettier-ignore
    ['a tell that never arrived', { customers: new Map() }, 'customer C has nothing'],
    ['a wrong sum', { customers: new Map([['C', { ...one, amount: 1 }]]) }, 'customer C has'],
    [
      'an effect run again once recorded',
      { ledger: [...honest.ledger, call('k1', 4)] },
      'k1 is recorded with receipt 1',
    ],
    ['a record without a call', { ledger: honest.ledger.slice(1) }, 'k1 is recorded and was never called'],
    ['a call without a record', { ledger: [...honest.ledger, call('k3', 4)] }, 'k3 was called and is not recorded'],
    ['two records of one effect', { effects: [...honest.effects, record('k1', 1)] }, 'k1 is recorded twice'],
    [
      'a record too few',
      { effects: honest.effects.slice(1), ledger: honest.ledger.slice(1) },
      '1 effects are recorded',
    ],
    [
      'calls that no crash explains',
      { ledger: [call('k1', -1), call('k1', 0), call('k1', 0), ...honest.ledger] },
      '4 times',
    ],
    ['a line refused', { failures: ['line-1: MailboxFullError'] }, 'a line was refused'],
    ['a node that died by itself', { deaths: ['SIGKILL', 1] }, 'life 2 ended by 1'],
    ['a kill too few', { deaths: ['SIGKILL'] }, '1 lives ended early'],
    ['kills that struck nobody at work', { struckAtWork: 0 }, 'only 0 of 2'],
    ['a last node that failed', { lastExit: 1 }, 'the last node ended by 1'],
    ['a broken promise', { history: { problems: [{ rule: 'H1', message: 'lost' }], invalid: [] } }, 'H1'],
    ['an invalid run', { history: { problems: [], invalid: [{ reason: 'too few ok', message: '1' }] } }, 'invalid'],
  ])('notices %s', (_, lie, problem) => {
    expect(judge({ ...honest, ...lie })).toContainEqual(expect.stringContaining(problem));
  });
});
