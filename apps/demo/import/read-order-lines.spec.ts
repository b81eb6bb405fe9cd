import { HEADING, makeOrderFile } from '../order-lines';
import { WrongHeadingError, readOrderLines } from './read-order-lines';

const good = '536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom';
const fileOf = (...lines: string[]): string => [HEADING, ...lines].join('\n');

describe('readOrderLines', () => {
  it('reads code, quantity and price, and counts lines from the heading', () => {
    const { lines, malformed } = readOrderLines(fileOf(good, '', good));
    expect(malformed).toEqual([]);
    expect(lines).toEqual([
      { number: 2, stockCode: '85123A', quantity: 6, unitPrice: 2.55 },
      { number: 4, stockCode: '85123A', quantity: 6, unitPrice: 2.55 },
    ]);
  });

  it('takes quoted commas and quotes, missing customers, cancellations, a byte order mark and CRLF', () => {
    const text = `\uFEFF${HEADING}\r\nC536365,A1,"PAPER ""CRAFT"", BIRDIE",-80995,2011-12-09 09:15:00,0.0,,EIRE\r\n`;
    expect(readOrderLines(text)).toEqual({
      lines: [{ number: 2, stockCode: 'A1', quantity: -80995, unitPrice: 0 }],
      malformed: [],
    });
  });

  it.each([
    ['too few cells', '536365,85123A,HEART,6', 'it has 4 cells instead of 8'],
    ['an open quote', good.replace('WHITE', '"WHITE'), 'a quoted cell is not closed, or text follows its end'],
    [
      'text after a quote',
      good.replace('WHITE HANGING', '"WHITE" HANGING'),
      'a quoted cell is not closed, or text follows its end',
    ],
    ['a fraction of a piece', good.replace(',6,', ',6.5,'), 'Quantity "6.5" is not a whole number'],
    ['no quantity', good.replace(',6,', ',,'), 'Quantity "" is not a whole number'],
    ['a price in words', good.replace('2.55', 'free'), 'UnitPrice "free" is not a price'],
    ['no item', good.replace('85123A', ''), 'StockCode is empty'],
  ])('reports %s with the number of its line, and goes on', (_, bad, reason) => {
    const { lines, malformed } = readOrderLines(fileOf(good, bad, good));
    expect(malformed).toEqual([{ number: 3, reason }]);
    expect(lines.map(({ number }) => number)).toEqual([2, 4]);
  });

  it('refuses a file with another heading, which it would misread', () => {
    expect(() => readOrderLines('a,b\n1,2')).toThrow(WrongHeadingError);
    expect(() => readOrderLines('')).toThrow(WrongHeadingError);
  });

  it('reads all that the generator makes, equal for equal seeds', () => {
    const text = makeOrderFile(7, 500);
    const { lines, malformed } = readOrderLines(text);
    expect(malformed).toEqual([]);
    expect(lines).toHaveLength(500);
    expect(lines.some(({ quantity }) => quantity < 0)).toBe(true);
    expect(lines.some(({ unitPrice }) => unitPrice === 0)).toBe(true);
    expect(makeOrderFile(7, 500)).toBe(text);
    expect(makeOrderFile(8, 500)).not.toBe(text);
  });
});
