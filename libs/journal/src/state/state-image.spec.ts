import fc from 'fast-check';
import { CorruptRecordError } from '#spi';
import { InvalidPayloadError } from '../errors';
import type { StateChanges } from './state-changes';
import { StateImage } from './state-image';
import { StateList } from './state-list';
import { StateMap } from './state-map';
import { StateSet } from './state-set';
import { loadValue, sameStored, storeValue } from './stored-value';

const none: StateChanges = { values: {}, deltas: {}, removed: [] };

describe('stored values', () => {
  it('are primitives as they are, and bytes for the rest', () => {
    for (const value of [null, undefined, true, 1, 2n, 'x']) expect(storeValue(value)).toBe(value);
    expect(storeValue({ a: 1 })).toBeInstanceOf(Uint8Array);
    expect(loadValue(storeValue({ a: [1n] }))).toEqual({ a: [1n] });
    expect(() => storeValue({ a: () => 1 }, undefined, 'order')).toThrow(/^order[.]a cannot be stored/);
    expect(() => storeValue(2 ** 60, undefined, 'id')).toThrow(InvalidPayloadError);
  });

  it.each([
    [NaN, NaN, true],
    [0, -0, true],
    [1, 1n, false],
    [1, '1', false],
    [undefined, null, false],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [[], 0, false],
  ])('%p and %p are the same: %p', (a, b, same) => {
    expect(sameStored(storeValue(a), storeValue(b))).toBe(same);
  });
});

describe('StateImage', () => {
  it('takes changes over and hands values out fresh', () => {
    const image = new StateImage();
    image.apply({ ...none, values: { n: 1, o: storeValue({ a: 1 }) } });
    image.apply({ ...none, values: { n: 2, gone: 1 } });
    image.apply({ ...none, removed: ['gone', 'never there'] });
    expect([image.names(), image.slot('n'), image.has('gone'), image.slot('gone')]).toEqual([
      ['n', 'o'],
      2,
      false,
      undefined,
    ]);
    const first = image.materialise('o') as { a: number };
    first.a = 9;
    expect(image.materialise('o')).toEqual({ a: 1 });
    expect([image.holds('n', 2), image.holds('n', 3), image.holds('absent', undefined)]).toEqual([true, false, false]);
  });

  it('keeps collections as deltas, and hands out instances that owe nothing', () => {
    const image = new StateImage();
    const live = new StateMap<string, number>([['a', 1]]);
    image.apply({ ...none, deltas: { items: live.takeDelta()! } });
    live.set('b', 2);
    image.apply({ ...none, deltas: { items: live.takeDelta()! } });
    const copy = image.materialise('items') as StateMap<string, number>;
    expect([...copy]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(copy.takeDelta()).toBeNull();
    copy.set('c', 3);
    expect(image.toObject()).toEqual({
      items: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    });
    expect([image.isCollection('items'), image.slot('items'), image.holds('items', undefined)]).toEqual([
      true,
      undefined,
      false,
    ]);
  });

  it('lets a slot change from a value to a collection, to another class, and back', () => {
    const image = new StateImage();
    image.apply({ ...none, values: { x: 1 } });
    image.apply({ ...none, deltas: { x: new StateList([1]).takeDelta()! } });
    expect(image.toObject()).toEqual({ x: [1] });
    image.apply({ ...none, deltas: { x: new StateSet([1]).takeDelta()! } });
    expect(image.toObject()).toEqual({ x: new Set([1]) });
    image.apply({ ...none, values: { x: 'y' } });
    expect([image.toObject(), image.isCollection('x')]).toEqual([{ x: 'y' }, false]);
  });

  it('folds deltas in once they outgrow the content, so that memory stays bounded', () => {
    const image = new StateImage();
    const live = new StateMap<string, string>();
    let largest = 0;
    for (let i = 0; i < 20_000; i++) {
      live.set(`k${i % 100}`, 'v'.repeat(20));
      image.apply({ ...none, deltas: { items: live.takeDelta()! } });
      if (i % 1_000 === 0)
        largest = Math.max(largest, (image as unknown as Internals).slots.get('items')!.deltas.length);
    }
    expect(largest).toBeLessThan(1_000);
    expect(image.toObject()).toEqual({ items: live.toMap() });
  });

  it('starts over at a clear', () => {
    const image = new StateImage();
    for (const item of ['a', 'b']) {
      image.apply({ ...none, deltas: { log: { collection: 'list', ops: [['push', item]] } } });
    }
    image.apply({ ...none, deltas: { log: { collection: 'list', ops: [['clear'], ['push', 1]] } } });
    expect(image.toObject()).toEqual({ log: [1] });
    expect((image as unknown as Internals).slots.get('log')?.deltas).toHaveLength(1);
  });

  it('keeps facets attached at run time in the order of attachment', () => {
    const image = new StateImage();
    const config = Buffer.from([1]);
    image.attach({ name: 'a', priority: 1, config });
    image.attach({ name: 'b', priority: 2, config });
    image.attach({ name: 'a', priority: 3, config });
    expect(image.facets.map(({ name, priority }) => [name, priority])).toEqual([
      ['b', 2],
      ['a', 3],
    ]);
    image.detach('b');
    expect(StateImage.decode(image.encode()).facets).toEqual([{ name: 'a', priority: 3, config }]);
    image.clear();
    expect([image.facets, image.isEmpty]).toEqual([[], true]);
  });

  it('is independent of its clones', () => {
    const image = StateImage.of({ n: 1, items: new StateMap([['a', 1]]) });
    const clone = image.clone();
    clone.apply({
      ...none,
      values: { n: 2 },
      deltas: { items: { collection: 'map', ops: [['set', 'b', 2]] } },
    });
    clone.attach({ name: 'f', priority: 1, config: Buffer.alloc(0) });
    expect(image.toObject()).toEqual({ n: 1, items: new Map([['a', 1]]) });
    expect(image.facets).toEqual([]);
    expect(clone.toObject()).toEqual({
      n: 2,
      items: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    });
  });

  it('reports bytes that are no image', () => {
    for (const hex of ['', 'c0', '9190', '9293a161a178c090']) {
      expect(() => StateImage.decode(Buffer.from(hex, 'hex'))).toThrow(CorruptRecordError);
    }
  });

  it('comes back from its encoding whatever it holds (property)', () => {
    const value = fc.oneof(
      fc.constantFrom(null, undefined, true, 0.5, NaN),
      fc.integer(),
      fc.string({ unit: 'grapheme' }),
      fc.bigInt(),
      fc.dictionary(
        fc.string().filter((key) => key !== '__proto__'),
        fc.integer(),
        { noNullPrototype: true },
      ),
      fc.array(fc.tuple(fc.string(), fc.array(fc.integer()))).map((entries) => new StateMap(entries)),
      fc.array(fc.oneof(fc.integer(), fc.record({ x: fc.string() }))).map((items) => new StateList<unknown>(items)),
      fc.array(fc.string()).map((items) => new StateSet(items)),
    );
    const slot = fc.string().filter((name) => name !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(slot, value, { noNullPrototype: true }), (state) => {
        const image = StateImage.of(state);
        const copy = StateImage.decode(image.encode());
        expect(copy.toObject()).toEqual(image.toObject());
        expect(copy.names()).toEqual(image.names());
        expect(Buffer.compare(copy.encode(), image.encode())).toBe(0);
      }),
    );
  });
});

interface Internals {
  readonly slots: ReadonlyMap<string, { readonly deltas: readonly unknown[] }>;
}
