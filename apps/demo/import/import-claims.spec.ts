import { type ImportEvidence, expectedTotals, judgeImport } from './import-claims';

const lines = [
  { number: 2, stockCode: 'A', quantity: 6, unitPrice: 2.5 },
  { number: 3, stockCode: 'B', quantity: 4, unitPrice: 0 },
  { number: 4, stockCode: 'A', quantity: -2, unitPrice: 2.5 },
];

const honest: ImportEvidence = {
  lines,
  answered: 3,
  plannedKills: 1,
  endings: [{ code: null, signal: 'SIGKILL' }],
  totals: expectedTotals(lines),
  ledger: [1, 2, 3, 3].map((line, index) => ({
    call: index + 1,
    path: '/price',
    key: `line${line}`,
    answer: 1,
  })),
};

function failed(evidence: ImportEvidence): string[] {
  return judgeImport(evidence)
    .filter(({ holds }) => !holds)
    .map(({ sentence }) => sentence);
}

describe('expectedTotals', () => {
  it('adds up pieces, lines and prices that are none, per item', () => {
    expect([...expectedTotals(lines)]).toEqual([
      ['A', { quantity: 4, lines: 2, questioned: 0 }],
      ['B', { quantity: 4, lines: 1, questioned: 1 }],
    ]);
  });
});

describe('the claims of the import', () => {
  it('hold for an honest run', () => {
    expect(failed(honest)).toEqual([]);
  });

  it.each<[what: string, sentence: string, lie: Partial<ImportEvidence>]>([
    ['a line has no answer', 'every order line was answered', { answered: 2 }],
    [
      'a line was booked twice',
      'the totals of every item',
      { totals: expectedTotals([...lines, ...lines.slice(0, 1)]) },
    ],
    ['an item is missing', 'the totals of every item', { totals: new Map() }],
    ['a price was not checked', 'under a key of its own', { ledger: honest.ledger.slice(1) }],
    ['a price was checked for the fun of it', 'more often than crashes', { endings: [], plannedKills: 0 }],
    ['nobody was killed', 'by SIGKILL', { endings: [] }],
    ['it died of itself', 'by SIGKILL', { endings: [{ code: 1, signal: null }] }],
  ])('notice when %s', (_, sentence, lie) => {
    expect(failed({ ...honest, ...lie })).toContainEqual(expect.stringContaining(sentence));
  });
});
