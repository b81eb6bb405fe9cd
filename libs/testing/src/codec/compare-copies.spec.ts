import { runInNewContext } from 'node:vm';
import { copyPayload, registerPayloadClass } from '#journal';
import { compareCopies } from './compare-copies';

class Money {
  constructor(readonly cents: number) {}
}
class Loose {
  constructor(readonly kept: unknown) {}
}
registerPayloadClass(Money, {
  name: 'CompareMoney',
  encode: ({ cents }) => ({ cents }),
  decode: ({ cents }) => new Money(cents as number),
});
registerPayloadClass(Loose, {
  name: 'CompareLoose',
  encode: ({ kept }) => ({ kept }),
  decode: ({ kept }) => ({ kept }),
});

const hole = [1, , 3];
const shared = { a: 1 };
const cycle: { self?: unknown } = {};
cycle.self = cycle;
const sticky = /a/g;
sticky.lastIndex = 2;

describe('compareCopies', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['-0', -0, '', /^was -0 and comes back as 0$/],
    ['-0 deep down', { lines: [{ price: -0 }] }, '.lines[0].price', /^was -0/],
    ['-0 in a Map', new Map([['a', { n: -0 }]]), '.get("a").n', /^was -0/],
    ['-0 in a Set', new Set([{ n: -0 }]), '.values()[0].n', /^was -0/],
    [
      'a class whose codec forgets it',
      { x: new Loose(1) },
      '.x',
      /^was a value of class Loose and comes back as a plain/,
    ],
    ['a symbol key', { [Symbol('s')]: 1 }, '[Symbol(s)]', /^does not come back at all$/],
    ['a property of an array', Object.assign([1], { total: 1 }), '.total', /^does not come back/],
    ['the position of a RegExp', sticky, '', /^was \/a\/g at 2 and comes back as \/a\/g at 0$/],
    ['the class of an error', new (class PaymentError extends Error {})('no'), '', /class PaymentError and .* Error$/],
    ['an error cause', new Error('a', { cause: { n: -0 } }), '.cause.n', /^was -0/],
  ])('notices %s', (_, value, path, change) => {
    const [copy] = copyPayload([value]) as [unknown]; // a primitive alone would not be encoded
    expect(compareCopies(value, copy)).toEqual({ path, change: expect.stringMatching(change) });
  });

  it.each<[string, unknown, unknown, string]>([
    ['a hole', hole, [1, undefined, 3], '[1]'],
    ['a length', [1], [1, 2], ''],
    ['an added field', {}, { a: 1 }, '.a'],
    ['a lost undefined', { a: undefined }, {}, '.a'],
    ['a type', { a: 1 }, { a: '1' }, '.a'],
    ['a Date', new Date(1), new Date(2), ''],
    ['bytes', Buffer.from('a'), Buffer.from('b'), ''],
    ['the class of bytes', Buffer.from('a'), new Uint8Array([97]), ''],
    ['a size', new Set([1]), new Set([1, 2]), ''],
    ['null', { a: null }, { a: undefined }, '.a'],
    ['a shared object', { a: shared, b: shared }, { a: { a: 1 }, b: { a: 1 } }, '.b'],
  ])('notices %s that changed', (_, before, after, path) => {
    expect(compareCopies(before, after)).toMatchObject({ path });
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['undefined in an array and a field', [undefined, { a: undefined }]],
    ['NaN, infinities, bigints', [NaN, Infinity, -Infinity, 2n ** 70n]],
    ['Dates, Maps, Sets, RegExps', [new Date(5), new Map([[1, { a: 1 }]]), new Set(['a']), /x/gi]],
    ['bytes', [Buffer.from('abc'), new Float64Array([1.5]), new Uint8Array([1, 2]).buffer]],
    ['an error', Object.assign(new TypeError('no', { cause: new Error('deep') }), { code: 'E' })],
    ['a registered class', [new Money(5)]],
    ['an object twice, and in itself', [shared, shared, cycle]],
    ['an object without prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['values of another realm', runInNewContext('[new Map([[1, new Date(7)]]), { a: [1] }]')],
  ])('is content with %s after the codec', (_, value) => {
    expect(compareCopies(value, copyPayload(value))).toBeNull();
  });
});
