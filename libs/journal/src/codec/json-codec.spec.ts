import { CorruptRecordError } from '#spi';
import { sameStored } from '../state/stored-value';
import { encodeJson, isJson } from './json-codec';
import { decodePayload, encodePayload } from './payload-codec';

const text = (value: unknown): string => Buffer.from(encodeJson(value)).toString();

describe('JSON', () => {
  it.each<[unknown, string]>([
    [[1, 'a', null, true], '[1,"a",null,true]'],
    [{ order: { id: 'o-1', lines: [] } }, '{"order":{"id":"o-1","lines":[]}}'],
    [
      [undefined, NaN, -Infinity, 2n ** 64n],
      '[{"$undefined":true},{"$number":"NaN"},{"$number":"-Infinity"},{"$bigint":"18446744073709551616"}]',
    ],
    [new Date(5), '{"$Date":"1970-01-01T00:00:00.005Z"}'],
    [new Map([['k', new Set([1])]]), '{"$Map":[["k",{"$Set":[1]}]]}'],
    [
      [/a/g, Buffer.from('x'), new Uint16Array([1])],
      '[{"$RegExp":["a","g"]},{"$Buffer":"eA=="},{"$Uint16Array":"AQA="}]',
    ],
    [7, ' 7'],
    ['', '""'],
    [{ $Date: 'no date' }, '{"$object":{"$Date":"no date"}}'],
    [{ $a: 1, $b: 2 }, '{"$a":1,"$b":2}'],
  ])('%p is %s, so that a SQL client can read it', (value, json) => {
    expect(text(value)).toBe(json);
    expect(decodePayload(encodeJson(value))).toStrictEqual(value);
  });

  it('writes a repeated object once', () => {
    const shared = { n: 1 };
    const cycle: unknown[] = [shared, shared];
    cycle.push(cycle);
    expect(text(cycle)).toBe('{"$def":[1,[{"$def":[2,{"n":1}]},{"$ref":2},{"$ref":1}]]}');
  });

  it('takes plain data that looks like its own forms for what it is', () => {
    for (const tag of ['undefined', 'Map', 'Set', 'Error', 'class', 'ref', 'def', 'object', 'Buffer', 'anything', ''])
      for (const inner of [1, null, [], {}, { [`$${tag}`]: 1 }, [['a', 1]]])
        expect(decodePayload(encodeJson([{ [`$${tag}`]: inner }]))).toStrictEqual([{ [`$${tag}`]: inner }]);
    const error = decodePayload(encodeJson(Object.assign(new Error('x'), { $Date: 1 })));
    expect(error).toMatchObject({ message: 'x', $Date: 1 });
  });

  it('is never taken for MessagePack, nor MessagePack for it', () => {
    const values = [
      ...Array(300).keys(),
      -1,
      1.5,
      '',
      'a',
      '{',
      null,
      undefined,
      true,
      5n,
      [],
      {},
      [1],
      { a: 1 },
      new Date(),
    ];
    for (const value of values) {
      expect(isJson(encodePayload(value))).toBe(false);
      expect(isJson(encodeJson(value))).toBe(true);
      expect(decodePayload(encodePayload(value))).toStrictEqual(value);
    }
  });

  it.each([
    '{"$Map":1}',
    '{"$Map":[[1]]}',
    '{"$Set":{}}',
    '{"$bigint":"x"}',
    '{"$number":"1"}',
    '{"$Date":"x"}',
    '{"$RegExp":["("," "]}',
    '{"$ref":1}',
    '{"$class":["unheard of",{}]}',
    '{"$Error":[]}',
    '{"$Function":"AA=="}',
    '{"$nothing":1}',
    '{"a":{"__proto__":{"isAdmin":true}}}',
    '{"a":',
    'nul',
  ])('that says %s is reported', (json) => {
    expect(() => decodePayload(Buffer.from(json))).toThrow(CorruptRecordError);
  });

  it('of an equal value counts as the same stored value as MessagePack', () => {
    for (const value of [{ a: [1, new Date(5)] }, new Map([[1, { b: 2 }]])]) {
      expect(sameStored(encodeJson(value), encodePayload(value))).toBe(true);
      expect(sameStored(encodePayload([value]), encodeJson(value))).toBe(false);
    }
  });
});
