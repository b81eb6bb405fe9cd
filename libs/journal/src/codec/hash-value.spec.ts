import { hashValue } from './hash-value';
import { decodePayload, encodePayload, hashPayload } from './payload-codec';

describe('hashValue', () => {
  const line = () => ({ sku: 'a', tags: new Map([['k', new Set([1])]]) });

  it('is the same whether equal parts are one object or several (P9)', () => {
    const shared = line();
    expect(hashValue([shared, shared])).toBe(hashValue([line(), line()]));
    expect(hashPayload(encodePayload([shared, shared]))).not.toBe(hashPayload(encodePayload([line(), line()])));
    const error = new Error('x', { cause: shared });
    expect(hashValue({ error, shared })).toBe(hashValue({ error: new Error('x', { cause: line() }), shared: line() }));
  });

  it('is that of the payload where nothing repeats, and tells values apart', () => {
    for (const value of [null, 1, 'x', [1, { a: 2 }], line()]) {
      expect(hashValue(value)).toBe(hashPayload(encodePayload(value)));
    }
    expect(hashValue([line()])).not.toBe(hashValue([line(), line()]));
    expect(hashValue(1)).not.toBe(hashValue('1'));
  });

  it('takes cycles, and repetitions too many to write out', () => {
    const cycle: Record<string, unknown> = { n: 1 };
    cycle['self'] = new Map([['me', cycle]]);
    expect(hashValue(cycle)).toBe(hashValue(decodePayload(encodePayload(cycle))));
    const laughs = Array.from({ length: 40 }).reduce<unknown[]>((inner) => [inner, inner], []);
    expect(hashValue(laughs)).toMatch(/^[\w-]{22}$/);
  });
});
