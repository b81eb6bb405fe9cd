import fc from 'fast-check';
import { CorruptRecordError } from '#spi';
import { FrozenStateError, InvalidPayloadError, PayloadTooLargeError } from '../errors';
import type { StateCollection } from './state-collection';
import { StateList } from './state-list';
import { StateMap } from './state-map';
import { StateSet } from './state-set';

/** A clean one, as it would be read back from storage. */
const cleanMap = (entries: [string, unknown][] = []) =>
  StateMap.decode<string, unknown>(new StateMap(entries).encode());

describe('StateMap', () => {
  it('reads like a Map', () => {
    const map = new StateMap<string, number>([
      ['a', 1],
      ['b', 2],
    ]);
    expect([map.size, map.get('a'), map.has('b'), map.get('c')]).toEqual([2, 1, true, undefined]);
    expect([[...map], [...map.keys()], [...map.values()]]).toEqual([
      [
        ['a', 1],
        ['b', 2],
      ],
      ['a', 'b'],
      [1, 2],
    ]);
    const seen: unknown[] = [];
    map.forEach((value, key) => seen.push(key, value));
    expect(seen).toEqual(['a', 1, 'b', 2]);
    expect(map.toMap()).toEqual(
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    expect(map.update('a', (n) => (n ?? 0) + 10)).toBe(11);
    expect([map.delete('a'), map.delete('a')]).toEqual([true, false]);
    expect(Object.prototype.toString.call(map)).toBe('[object StateMap]');
  });

  it('notes what a turn changed, and only that', () => {
    const map = cleanMap([
      ['a', 1],
      ['b', 2],
    ]);
    expect(map.peekDelta()).toBeNull();
    map.set('a', 5).delete('b');
    map.set('c', 7);
    const delta = {
      collection: 'map',
      ops: [
        ['set', 'a', 5],
        ['delete', 'b'],
        ['set', 'c', 7],
      ],
    };
    expect(map.peekDelta()).toEqual(delta);
    expect(map.takeDelta()).toEqual(delta);
    expect(map.takeDelta()).toBeNull();
  });

  it('notes the last of several changes of a key', () => {
    const map = cleanMap();
    for (let i = 0; i < 1_000; i++) map.set('n', i);
    expect(map.takeDelta()?.ops).toEqual([['set', 'n', 999]]);
    map.set('n', 0);
    expect(map.takeDelta()?.ops).toEqual([['set', 'n', 0]]);
  });

  it('made new has all it holds as its delta', () => {
    expect(new StateMap().takeDelta()?.ops).toEqual([['clear']]);
    expect(new StateMap([['a', 1]]).takeDelta()?.ops).toEqual([['clear'], ['set', 'a', 1]]);
  });

  it('stays bounded by its content however often it changes', () => {
    const map = cleanMap();
    map.set('early', 0);
    for (let i = 0; i < 10_000; i++) {
      map.set('k', i);
      map.delete('k');
    }
    map.set('k', 1);
    map.set('early', 4);
    map.set('other', 2);
    map.set('k', 3);
    const delta = map.takeDelta()!;
    expect(delta.ops.length).toBeLessThan(100);
    const copy = cleanMap([['gone', 0]]);
    copy.applyDelta(delta);
    expect([...copy]).toEqual([...map]);
  });

  it('copies values in, hands them out frozen, and always the same', () => {
    const given = { lines: [{ qty: 1 }] };
    const map = new StateMap([['k', given]]);
    given.lines[0]!.qty = 2;
    const got = map.get('k')!;
    expect(got).toEqual({ lines: [{ qty: 1 }] });
    expect(map.get('k')).toBe(got);
    expect(() => (got.lines[0]!.qty = 3)).toThrow(TypeError);
    expect(() => got.lines.push({ qty: 4 })).toThrow(TypeError);
    map.set('k', { lines: [...got.lines, { qty: 4 }] });
    expect(map.get('k')?.lines).toHaveLength(2);
  });

  it('teaches where freezing does not reach: Map, Set and Date', () => {
    const map = new StateMap<string, unknown>([['k', { m: new Map([['x', {}]]), s: new Set([1]), d: new Date(5) }]]);
    const { m, s, d } = map.get('k') as { m: Map<string, object>; s: Set<number>; d: Date };
    const changes = [() => m.set('y', {}), () => m.delete('x'), () => m.clear(), () => s.add(2), () => d.setTime(0)];
    for (const change of changes) expect(change).toThrow(FrozenStateError);
    expect(changes[0]).toThrow(/put it back with set\(\)/);
    expect(Object.isFrozen(m.get('x'))).toBe(true);
    map.set('k', map.get('k')); // what was handed out can be stored again
    expect(map.get('k')).toEqual({ m: new Map([['x', {}]]), s: new Set([1]), d: new Date(5) });
  });

  it('hands out bytes, which cannot be frozen, as fresh copies', () => {
    const map = new StateMap([['k', { data: Buffer.from([1]) }]]);
    map.get('k')!.data[0] = 9;
    expect(map.get('k')?.data[0]).toBe(1);
  });

  it('refuses object keys and values the codec cannot keep, and stays as it was', () => {
    const map = cleanMap([['a', 1]]);
    expect(() => map.set({} as never, 1)).toThrow(/not a primitive.*use an id/);
    expect(() => map.set('\ud800', 1)).toThrow(InvalidPayloadError);
    expect(() => map.set('b', { f: () => 1 })).toThrow(/^value of b[.]f cannot be stored/);
    expect(() => map.set('b', 'x'.repeat(2_000_000))).toThrow(PayloadTooLargeError);
    expect([...map]).toEqual([['a', 1]]);
    expect(map.takeDelta()).toBeNull();
  });
});

describe('StateList', () => {
  const clean = (items: unknown[]) => StateList.decode<unknown>(new StateList(items).encode());

  it('changes like an array, and notes each step', () => {
    const list = clean([1, 2, 3]);
    expect(list.push(4, 5)).toBe(5);
    expect([list.pop(), list.shift(), list.unshift(0)]).toEqual([5, 1, 4]);
    expect(list.splice(-2, 1, 'x', 'y')).toEqual([3]);
    list.set(0, 'first');
    expect(list.toArray()).toEqual(['first', 2, 'x', 'y', 4]);
    expect([list.length, list.at(-1), list.at(9)]).toEqual([5, 4, undefined]);
    const copy = clean([1, 2, 3]);
    copy.applyDelta(list.takeDelta()!);
    expect([...copy]).toEqual([...list]);
    expect(copy.takeDelta()).toBeNull();
  });

  it('notes nothing where nothing happens', () => {
    const list = clean([]);
    expect([list.pop(), list.shift(), list.push(), list.splice(0, 5)]).toEqual([undefined, undefined, 0, []]);
    expect(list.takeDelta()).toBeNull();
  });

  it('can be replaced as a whole, however long', () => {
    const list = clean([3, 1, 2]);
    list.replaceAll(list.toArray().sort());
    expect(list.takeDelta()?.ops).toEqual([['clear'], ['push', 1, 2, 3]]);
    list.replaceAll(Array.from({ length: 300_000 }, (_, i) => i));
    expect(list.length).toBe(300_000);
    list.replaceAll(list);
    expect(list.length).toBe(300_000);
    list.clear();
    expect([list.length, list.takeDelta()?.ops]).toEqual([0, [['clear']]]);
  });

  it('refuses an index that is not there, and a half-done change', () => {
    const list = clean([1]);
    for (const index of [1, -1, 0.5]) expect(() => list.set(index, 0)).toThrow(/no index .* use push/);
    expect(() => list.push(2, () => 1)).toThrow(/^item 2 cannot be stored/);
    expect(() => list.replaceAll([1, () => 1])).toThrow(InvalidPayloadError);
    expect(list.toArray()).toEqual([1]);
    const seen: unknown[] = [];
    list.forEach((item, index) => seen.push(item, index));
    expect(seen).toEqual([1, 0]);
  });
});

describe('StateSet', () => {
  it('is a Set of primitives that notes each step', () => {
    const set = StateSet.decode<string | number>(new StateSet<string | number>(['a', 1]).encode());
    set.add('a').add('b').add(NaN);
    expect([set.delete(1), set.delete(1), set.has('b'), set.has(NaN), set.size]).toEqual([true, false, true, true, 3]);
    expect(set.takeDelta()?.ops).toEqual([
      ['add', 'b'],
      ['add', NaN],
      ['delete', 1],
    ]);
    expect([[...set], [...set.keys()], [...set.entries()][0], set.toSet()]).toEqual([
      ['a', 'b', NaN],
      ['a', 'b', NaN],
      ['a', 'a'],
      new Set(['a', 'b', NaN]),
    ]);
    const seen: unknown[] = [];
    set.forEach((member) => seen.push(member));
    expect(seen).toEqual(['a', 'b', NaN]);
    set.clear();
    expect(set.takeDelta()?.ops).toEqual([['clear']]);
    expect(() => set.add({} as never)).toThrow(/^a member of a StateSet/);
  });
});

describe('deltas', () => {
  it('that do not fit are reported', () => {
    expect(() => new StateSet().applyDelta({ collection: 'map', ops: [['clear']] })).toThrow(CorruptRecordError);
    for (const collection of [new StateMap(), new StateList(), new StateSet()]) {
      expect(() => collection.applyDelta({ collection: collection.collection, ops: [['explode']] })).toThrow(/explode/);
    }
    expect(() => StateMap.decode(Buffer.from([0x91, 1]))).toThrow(CorruptRecordError);
    expect(() => StateList.decode(Buffer.from([0xc1, 1]))).toThrow(CorruptRecordError);
  });

  type Step = readonly [name: string, key: number, value: unknown];
  const step = fc.tuple(
    fc.constantFrom('set', 'set', 'set', 'delete', 'clear', 'push', 'pop', 'shift', 'unshift', 'splice', 'take'),
    fc.integer({ min: -2, max: 6 }),
    fc.oneof(fc.integer(), fc.record({ n: fc.integer() }), fc.string()),
  );
  interface Pair<L extends StateCollection, M> {
    live(): L;
    decode(bytes: Uint8Array): L;
    model(): M;
    act(live: L, model: M, step: Step): void;
    content(live: L | M): unknown[];
  }
  const map: Pair<StateMap<number, unknown>, Map<number, unknown>> = {
    live: () => new StateMap(),
    decode: (bytes) => StateMap.decode(bytes),
    model: () => new Map(),
    act: (live, model, [name, key, value]) => {
      for (const target of [live, model]) {
        if (name === 'delete') target.delete(key);
        else if (name === 'clear' && key === 0) target.clear();
        else target.set(key, value);
      }
    },
    content: (live) => [...live],
  };
  const list: Pair<StateList<unknown>, unknown[]> = {
    live: () => new StateList(),
    decode: (bytes) => StateList.decode(bytes),
    model: () => [],
    act: (live, model, [name, key, value]) => {
      if (name === 'set' && key >= 0 && key < model.length) {
        live.set(key, value);
        model[key] = value;
      } else if (name === 'pop') expect(live.pop()).toEqual(model.pop());
      else if (name === 'shift') expect(live.shift()).toEqual(model.shift());
      else if (name === 'unshift') expect(live.unshift(value)).toBe(model.unshift(value));
      else if (name === 'splice') expect(live.splice(key, 2, value)).toEqual(model.splice(key, 2, value));
      else if (name === 'clear' && key === 0) {
        live.clear();
        model.length = 0;
      } else expect(live.push(value)).toBe(model.push(value));
    },
    content: (live) => [...live],
  };
  const set: Pair<StateSet<number>, Set<number>> = {
    live: () => new StateSet(),
    decode: (bytes) => StateSet.decode(bytes),
    model: () => new Set(),
    act: (live, model, [name, key]) => {
      for (const target of [live, model]) {
        if (name === 'delete') target.delete(key);
        else if (name === 'clear' && key === 0) target.clear();
        else target.add(key);
      }
    },
    content: (live) => [...live],
  };

  function rebuildsTurnByTurn<L extends StateCollection, M>(pair: Pair<L, M>): void {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const live = pair.live();
        const model = pair.model();
        let copy = pair.live();
        for (const each of [...steps, ['take', 0, 0] as Step]) {
          if (each[0] === 'take') {
            const delta = live.takeDelta();
            if (delta !== null) copy.applyDelta(delta);
            expect(pair.content(copy)).toEqual(pair.content(live));
            copy = pair.decode(copy.encode());
          } else {
            pair.act(live, model, each);
            expect(pair.content(live)).toEqual(pair.content(model));
          }
        }
      }),
    );
  }

  it('of a StateMap rebuild it turn by turn, as a model says it should be (property)', () => rebuildsTurnByTurn(map));
  it('of a StateList do (property)', () => rebuildsTurnByTurn(list));
  it('of a StateSet do (property)', () => rebuildsTurnByTurn(set));
});
