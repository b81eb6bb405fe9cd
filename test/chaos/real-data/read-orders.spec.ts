import { HEADING, makeOrderFile } from '../../../apps/demo/order-lines';
import { type Totals, expectedTotals } from './expected-totals';
import { type OrderLine, readOrders } from './read-orders';

const good = '536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom';
const returned = 'C536365,85123A,"CRAFT, ""LITTLE"" BIRDIE",-2,2010-12-01 08:26:00,2.555,,EIRE';
const free = '536366,A,LOST,3,2010-12-01 08:26:00,0.0,0.0,EIRE';

describe('readOrders', () => {
  it('reads lines with quotes, goods sent back, and customers that are missing', () => {
    expect(readOrders([HEADING, good, returned, '', free].join('\r\n'))).toEqual({
      lines: [
        { number: 2, stockCode: '85123A', quantity: 6, priceMills: 2550, customer: '17850.0' },
        { number: 3, stockCode: '85123A', quantity: -2, priceMills: 2555, customer: null },
        { number: 5, stockCode: 'A', quantity: 3, priceMills: 0, customer: null },
      ],
      malformed: [],
    });
  });

  it.each([
    ['an open quote', good.replace('WHITE', '"WHITE')],
    ['half a piece', good.replace(',6,', ',6.5,')],
    ['no price', good.replace('2.55', '')],
    ['a price in words', good.replace('2.55', 'free')],
    ['more digits than can be kept', good.replace('2.55', '2.5555')],
    ['no item', good.replace('85123A', '')],
    ['too few cells', '536365,85123A'],
    ['too many cells', `${good},more`],
  ])('counts %s as malformed, and goes on', (_, bad) => {
    const { lines, malformed } = readOrders([HEADING, good, bad, good].join('\n'));
    expect([lines.map(({ number }) => number), malformed]).toEqual([[2, 4], [3]]);
  });
});

describe('expectedTotals', () => {
  it('adds up lines, pieces and money, per item and per customer', () => {
    expect(expectedTotals([HEADING, good, returned, free].join('\n'))).toEqual({
      items: new Map([
        ['85123A', { lines: 2, quantity: 4, amount: 6 * 2550 - 2 * 2555 }],
        ['A', { lines: 1, quantity: 3, amount: 0 }],
      ]),
      customers: new Map([['17850.0', { lines: 1, quantity: 6, amount: 15_300 }]]),
      lines: 3,
      returned: 1,
      anonymous: 2,
    });
  });

  it('comes to what the lines read in the other way come to', () => {
    const text = makeOrderFile(3, 2_000);
    const { lines } = readOrders(text);
    const { items, customers } = expectedTotals(text);
    expect(items).toEqual(sums(lines, ({ stockCode }) => stockCode));
    expect(customers).toEqual(
      sums(
        lines.filter(({ customer }) => customer !== null),
        ({ customer }) => customer as string,
      ),
    );
  });
});

function sums(lines: readonly OrderLine[], keyOf: (line: OrderLine) => string): Map<string, Totals> {
  const totals = new Map<string, Totals>();
  for (const line of lines) {
    const { lines: before, quantity, amount } = totals.get(keyOf(line)) ?? { lines: 0, quantity: 0, amount: 0 };
    totals.set(keyOf(line), {
      lines: before + 1,
      quantity: quantity + line.quantity,
      amount: amount + line.quantity * line.priceMills,
    });
  }
  return totals;
}
