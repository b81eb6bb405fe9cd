import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { CorruptRecordError } from '#spi';
import { InvalidPayloadError, PayloadTooLargeError } from '../errors';
import { encodeJson } from './json-codec';
import { registerPayloadClass } from './payload-classes';
import { copyPayload, decodePayload, encodePayload, hashPayload, isPrimitive } from './payload-codec';

/** Reads both codecs; each writes what is after it. */
const CODECS = [
  ['msgpack', encodePayload],
  ['json', encodeJson],
] as const;
type Encode = (typeof CODECS)[number][1];

const roundTripOf =
  (encode: Encode) =>
  (value: unknown): unknown =>
    decodePayload(encode(value));

const refusalOf =
  (encode: Encode) =>
  (value: unknown): { path: string; reason: string } => {
    try {
      encode(value, undefined, 'args');
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidPayloadError);
      return error as InvalidPayloadError;
    }
    throw new Error('was not refused');
  };

class Money {
  constructor(readonly cents: bigint) {}
}
class Basket {
  lines: unknown[] = [];
}
class SubMap extends Map {}
class SubArray extends Array {}
class SubDate extends Date {}

describe.each(CODECS)('the payload codec %s carries', (_name, encode) => {
  const roundTrip = roundTripOf(encode);
  const refusal = refusalOf(encode);
  const date = new Date(Date.UTC(2026, 10, 20, 12, 0, 0, 123));
  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['an undefined property', { a: undefined }],
    ['false and true', [false, true]],
    ['the empty string', ''],
    ['NUL, BOM and other planes', 'a\0b\ufeffc🦊ü\u2028'],
    ['a long text', 'ä'.repeat(5_000)],
    ['limits of integers', [2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 32, -(2 ** 31), 127, 128, 65_536]],
    ['odd numbers', [NaN, Infinity, -Infinity, 0.1, 5e-324, 1e21, Number.MAX_VALUE]],
    ['bigints', [0n, -1n, 2n ** 63n, -(2n ** 63n), 2n ** 64n, -(2n ** 200n), 2n ** 3000n]],
    ['dates', [date, new Date(0), new Date(-1), new Date(8.64e15), new Date(-8.64e15)]],
    [
      'a Map with object keys',
      new Map<unknown, unknown>([
        [{ a: 1 }, [1]],
        ['k', new Map()],
      ]),
    ],
    ['a Set', new Set([1, 'a', { b: 2 }])],
    ['a RegExp', /a\/b\n/giu],
    ['a Buffer', Buffer.from([0, 1, 255])],
    ['typed arrays', [new Uint8Array([1, 2]), new Float64Array([1.5]), new BigInt64Array([-1n]), new Int8Array(0)]],
    ['an ArrayBuffer', new Uint8Array([1, 2, 3]).buffer],
    ['awkward names', { constructor: 1, toString: 2, hasOwnProperty: 3, then: 4, toJSON: 5, '': 6, '1': 7, 'a.b': 8 }],
    ['more shapes than msgpackr has record ids', Array.from({ length: 200 }, (_, i) => ({ [`k${i}`]: i, x: i }))],
    ['64 levels', Array.from({ length: 63 }).reduce<unknown>((inner) => ({ inner }), { end: true })],
  ])('%s', (_, value) => {
    expect(roundTrip(value)).toStrictEqual(value);
  });

  it('sparse arrays as arrays of undefined, prototype-less objects as plain ones, -0 as 0', () => {
    expect(roundTrip([1, , 3])).toStrictEqual([1, undefined, 3]);
    expect(roundTrip(Object.assign(Object.create(null) as object, { a: 1 }))).toStrictEqual({ a: 1 });
    expect(Object.is(roundTrip([-0]), -0)).toBe(false);
  });

  it('repeated objects and cycles', () => {
    const shared = { n: 1 };
    const graph: Record<string, unknown> = { a: shared, b: shared };
    graph['self'] = graph;
    graph['map'] = new Map([['me', graph]]);
    graph['set'] = new Set([graph]);
    graph['list'] = [graph];
    const copy = roundTrip(graph) as typeof graph;
    expect(copy['a']).toBe(copy['b']);
    expect(copy['self']).toBe(copy);
    expect((copy['map'] as Map<string, unknown>).get('me')).toBe(copy);
    expect((copy['set'] as Set<unknown>).has(copy)).toBe(true);
    expect((copy['list'] as unknown[])[0]).toBe(copy);
  });

  it('errors with class, cause and own properties, and no stack of ours', () => {
    const error = Object.assign(new RangeError('too far', { cause: new Error('inner') }), {
      code: 'E_FAR',
      at: [1n],
    });
    const copy = roundTrip([error, error]) as [RangeError & { code: string; at: unknown }, unknown];
    expect(copy[0]).toBe(copy[1]);
    expect(copy[0]).toBeInstanceOf(RangeError);
    expect(copy[0]).toMatchObject({ name: 'RangeError', message: 'too far', code: 'E_FAR', at: [1n] });
    expect((copy[0].cause as Error).message).toBe('inner');
    expect(copy[0].stack).toBe('RangeError: too far');
    expect(Object.keys(copy[0])).toEqual(['code', 'at']);
    class OddError extends Error {
      override name = 'OddError';
    }
    expect(roundTrip(new OddError('odd'))).toMatchObject({ name: 'OddError', message: 'odd' });
    const many = roundTrip(new AggregateError([new Error('one')], 'many')) as AggregateError;
    expect((many.errors[0] as Error).message).toBe('one');
  });

  it('an error inside a cycle of plain objects', () => {
    const order: Record<string, unknown> = { id: 1 };
    order['failure'] = new Error('late', { cause: order });
    const copy = roundTrip(order) as { failure: Error };
    expect(copy.failure.cause).toBe(copy);
  });

  it('built-ins of another realm, as Node returns them inside Jest', () => {
    const foreign = runInNewContext(
      `({ d: new Date(5), m: new Map([[1, { a: 2 }]]), s: new Set([1]), r: /x/g, f: new Float64Array([1.5]),
          u: new Uint8Array([1]), b: new ArrayBuffer(2), l: [1], o: { p: 1 }, e: new TypeError('q') })`,
    ) as Record<string, unknown>;
    const copy = roundTrip(foreign) as Record<string, unknown>;
    const { e, ...rest } = copy;
    expect(rest).toEqual({
      d: new Date(5),
      m: new Map([[1, { a: 2 }]]),
      s: new Set([1]),
      r: /x/g,
      f: new Float64Array([1.5]),
      u: new Uint8Array([1]),
      b: new ArrayBuffer(2),
      l: [1],
      o: { p: 1 },
    });
    expect(e).toBeInstanceOf(TypeError);
  });

  it('instances of registered classes, and of exactly those', () => {
    registerPayloadClass(Money, {
      name: 'spec.Money',
      encode: ({ cents }) => ({ cents }),
      decode: ({ cents }) => new Money(cents as bigint),
    });
    expect(roundTrip({ price: new Money(5n) })).toStrictEqual({ price: new Money(5n) });
    class MoreMoney extends Money {}
    expect(refusal([new MoreMoney(1n)]).reason).toContain('MoreMoney');
    expect(() =>
      registerPayloadClass(Basket, { name: 'spec.Money', encode: () => ({}), decode: () => new Basket() }),
    ).toThrow(/taken/);
  });
});

describe.each(CODECS)('the payload codec %s refuses, and says where', (name, encode) => {
  const refusal = refusalOf(encode);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const cyclicError = Object.assign(new Error('x'), { self: [] as unknown[] });
  cyclicError.self.push(cyclicError);
  const boom = () => {
    throw new Error('boom');
  };
  const cases: [string, RegExp, unknown][] = [
    ['args[0].lines[2].price', /function/, [{ lines: [1, 2, { price: () => 1 }] }]],
    ['args["a b"]', /symbol/, { 'a b': Symbol('s') }],
    ['args[0]', /an instance of Basket.*registerPayloadClass/, [new Basket()]],
    ['args[0]', /SubMap.*plain Map/, [new SubMap()]],
    ['args[0]', /SubArray.*plain array/, [new SubArray()]],
    ['args[0]', /SubDate/, [new SubDate()]],
    ['args[0]', /URL/, [new URL('http://a')]],
    ['args[0]', /WeakMap/, [new WeakMap()]],
    ['args[0]', /SharedArrayBuffer/, [new SharedArrayBuffer(1)]],
    ['args[0]', /await it/, [Promise.resolve()]],
    ['args[0]', /String object.*primitive/, [Object('s')]],
    ['args', /invalid Date/, new Date(NaN)],
    ['args.id', /9007199254740992.*bigint/, { id: 2 ** 53 }],
    ['args', /bigint/, -(2 ** 53)],
    ['args.a.__proto__', /rename/, JSON.parse('{"a":{"__proto__":1}}')],
    ['args', /lone surrogate/, '\ud800'],
    ['args[1]', /lone surrogate/, ['ok', 'a\udc00b']],
    ['args["\\ud800"]', /surrogate in its name/, { '\ud800': 1 }],
    ['args.k.f', /function/, new Map([['k', { f: () => 1 }]])],
    ['args[0].f', /function/, new Map([[{ f: () => 1 }, 1]])],
    ['args[1]', /function/, new Set([1, () => 1])],
    ['args.request', /Basket/, Object.assign(new Error('e'), { request: new Basket() })],
    ['args.self[0]', /inside itself/, cyclicError],
    ['args.x[0]', /cannot be read.*revoked/, { x: [revoked.proxy] }],
    ['args.a', /cannot be read.*boom/, Object.defineProperty({}, 'a', { enumerable: true, get: boom })],
  ];
  for (const [path, reason, value] of cases) {
    it(`${path}: ${reason.source}`, () => {
      const refused = refusal(value);
      expect(refused.path).toBe(path);
      expect(refused.reason).toMatch(reason);
    });
  }

  it('more than 64 levels, a limit that can be lowered', () => {
    const deep = (levels: number) => Array.from({ length: levels - 1 }).reduce<unknown>((inner) => [inner], []);
    expect(() => encode(deep(64))).not.toThrow();
    expect(refusal(deep(65)).reason).toMatch(/64 levels/);
    expect(() => encode(deep(4), { maxDepth: 3 })).toThrow(InvalidPayloadError);
  });

  it('what is over the limit, by its encoded size', () => {
    expect(() => encode('x'.repeat(1_048_570))).not.toThrow();
    const over = [['x'.repeat(1_048_577)], Buffer.alloc(2_000_000), 2n ** (8n * 1_100_000n), Array(1_100_000).fill(1)];
    for (const value of over) expect(() => encode(value)).toThrow(PayloadTooLargeError);
    expect(() => encode('ä'.repeat(600_000))).toThrow(expect.objectContaining({ bytes: 1_200_000 }) as Error);
    expect(() => encode([1, 2, 3], { maxBytes: 3 }, 'args')).toThrow(
      name === 'json'
        ? /^args takes 7 bytes or more; the limit is 3[.]/
        : /^args takes 4 bytes or more; the limit is 3[.]/,
    );
  });
});

describe.each(CODECS)('payload bytes of %s', (_name, encode) => {
  const roundTrip = roundTripOf(encode);
  it('are equal for equal trees, whatever was encoded before', () => {
    const value = { b: [1, { c: 'x' }], a: new Date(5) };
    const first = encode(value);
    for (let i = 0; i < 300; i++) encode({ [`k${i}`]: i });
    const shared = { z: 1 };
    encode([shared, shared]);
    expect(Buffer.compare(encode(structuredClone(value)), first)).toBe(0);
    expect(hashPayload(encode(value))).toBe(hashPayload(first));
    expect(hashPayload(first)).toMatch(/^[\w-]{22}$/);
    expect(hashPayload(encode({ ...value, b: [] }))).not.toBe(hashPayload(first));
  });

  it('share no memory with what was encoded or decoded', () => {
    const given = Buffer.from([1, 2, 3]);
    const bytes = encode({ given, view: new Uint8Array([4]) });
    given[0] = 9;
    const decoded = decodePayload(bytes) as { given: Buffer; view: Uint8Array };
    decoded.given[0] = 8;
    decoded.view[0] = 8;
    expect(decodePayload(bytes)).toEqual({ given: Buffer.from([1, 2, 3]), view: new Uint8Array([4]) });
    expect(bytes.buffer.byteLength).toBe(bytes.length);
  });

  it('that are none are reported', () => {
    expect(() => decodePayload(Buffer.from([0xc1, 0xff]), 'message m')).toThrow(CorruptRecordError);
    expect(() => decodePayload(encode({ a: 1 }).subarray(0, -1))).toThrow(CorruptRecordError);
  });

  it('survive any value (property)', () => {
    const text = fc.string({ unit: 'grapheme' });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, undefined, true, false, NaN, Infinity),
        text,
        fc.double({ noNaN: true }).map((n) => (Object.is(n, -0) || Number.isInteger(n) ? 0.5 : n)),
        fc.maxSafeInteger(),
        fc.bigInt(),
        fc.date({ noInvalidDate: true }),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.uint8Array(),
        fc.float64Array({ noNaN: true }),
        fc.array(tie('value'), { maxLength: 6 }),
        fc
          .uniqueArray(text)
          .chain((keys) =>
            fc.tuple(
              ...keys.filter((key) => key !== '__proto__').map((key) => fc.tuple(fc.constant(key), tie('value'))),
            ),
          )
          .map((pairs) => Object.fromEntries(pairs)),
        fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
        fc.array(tie('value'), { maxLength: 4 }).map((items) => new Set(items)),
      ),
    }));
    fc.assert(
      fc.property(value, (given) => {
        const bytes = encode(given);
        expect(decodePayload(bytes)).toStrictEqual(given);
        expect(Buffer.compare(encode(decodePayload(bytes)), bytes)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('survive any graph: each node keeps its edges (property)', () => {
    const graph = fc.integer({ min: 1, max: 12 }).chain((size) =>
      fc.array(
        fc.record({
          kind: fc.constantFrom('object', 'array', 'map', 'set'),
          edges: fc.array(fc.nat(size - 1), { maxLength: 4 }),
        }),
        { minLength: size, maxLength: size },
      ),
    );
    type Node = Record<string, unknown> | unknown[] | Map<unknown, unknown> | Set<unknown>;
    const empty = (kind: string): Node =>
      kind === 'object' ? {} : kind === 'array' ? [] : kind === 'map' ? new Map() : new Set();
    const link = (from: Node, to: Node, at: number) => {
      if (from instanceof Map) from.set(at, to);
      else if (from instanceof Set) from.add(to);
      else if (Array.isArray(from)) from.push(to);
      else from[`edge${at}`] = to;
    };
    const neighbours = (node: Node) =>
      (node instanceof Map || node instanceof Set ? [...node.values()] : Object.values(node)) as Node[];
    /** Nodes numbered as first met, with the numbers of their neighbours: equal for equal graphs. */
    const outline = (root: Node) => {
      const numbers = new Map<Node, number>([[root, 0]]);
      const lines: unknown[] = [];
      for (const node of numbers.keys()) {
        const next = neighbours(node).map((other) => {
          if (!numbers.has(other)) numbers.set(other, numbers.size);
          return numbers.get(other);
        });
        lines.push([node.constructor.name, next]);
      }
      return lines;
    };
    fc.assert(
      fc.property(graph, (plan) => {
        const nodes = plan.map(({ kind }) => empty(kind));
        plan.forEach(({ edges }, i) => edges.forEach((to, at) => link(nodes[i]!, nodes[to]!, at)));
        const copy = roundTrip(nodes[0]) as Node;
        expect(outline(copy)).toEqual(outline(nodes[0]!));
      }),
      { numRuns: 500 },
    );
  });
});

describe('copyPayload', () => {
  it('returns primitives as they are, and a copy of anything else', () => {
    const given = { a: [1] };
    expect(copyPayload(given)).toStrictEqual(given);
    expect(copyPayload(given)).not.toBe(given);
    expect(copyPayload('text')).toBe('text');
    expect(() => copyPayload(() => 1)).toThrow(InvalidPayloadError);
    expect(() => copyPayload(Symbol('s'))).toThrow(InvalidPayloadError);
    expect([isPrimitive(null), isPrimitive(1n), isPrimitive({}), isPrimitive(Symbol('s'))]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
