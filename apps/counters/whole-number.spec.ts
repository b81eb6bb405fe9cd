import { BadRequestException } from '@nestjs/common';
import { WholeNumber } from './whole-number';

const body = { type: 'body', data: 'by' } as const;
const query = { type: 'query', data: 'from' } as const;

function refusalOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BadRequestException) return error.message;
  }
  throw new Error('nothing was refused');
}

describe('WholeNumber', () => {
  it.each([0, -3, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])('takes %d from a body', (value) => {
    expect(new WholeNumber().transform(value, body)).toBe(value);
  });

  it('takes digits from a query, and a fallback where there are none', () => {
    const from = new WholeNumber({ min: 1, fallback: 1 });
    expect(from.transform('12', query)).toBe(12);
    expect(from.transform(undefined, query)).toBe(1);
  });

  it.each([
    ['nothing', undefined, 'by is missing in the JSON body.'],
    ['a text', '5', 'by is the text "5", not a number.'],
    ['a long text', 'x'.repeat(1_000), 'by is a long text, not a number.'],
    ['null', null, 'by is null, not a number.'],
    ['a list', [1], 'by is a list, not a number.'],
    ['an object', {}, 'by is an object, not a number.'],
    ['a truth', true, 'by is true, not a number.'],
    ['a fraction', 1.5, 'by is 1.5, not a whole number.'],
    ['a number too large to be exact', 2 ** 53, 'by is beyond 2^53, where JSON numbers lose digits.'],
    ['an infinite number', Infinity, 'by is Infinity, not a whole number.'],
  ])('refuses %s with the name of the field and a remedy', (_, given, sentence) => {
    const message = refusalOf(() => new WholeNumber().transform(given, body));
    expect(message).toContain(sentence);
    expect(message).toContain('Send a whole number from -9007199254740991 to 9007199254740991.');
  });

  it.each(['0', '-1', '', '1e3', '0x10', ' 1', '9'.repeat(500)])('refuses ?from=%s', (given) => {
    expect(refusalOf(() => new WholeNumber({ min: 1 }).transform(given, query))).toMatch(/^from is /);
  });
});
