import fc from 'fast-check';
import { CorruptRecordError, SchemaTooNewError } from '#spi';
import { toErrorRecord } from '../codec/error-record';
import { decodePayload, encodePayload } from '../codec/payload-codec';
import { describeEntry } from '../describe-entry';
import { decodeEntry, encodeEntry, entryKind, verifyEntry } from './entry-codec';
import type { EntryBody } from './journal-entry';
import { nextUlid } from './ulid';

const header = {
  actor: 'default/default/counter/c-1',
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  time: 1_795_000_000_123,
  correlationId: 'corr-1',
};
const bytes = Buffer.from(encodePayload([1, 'a']));
const error = toErrorRecord(Object.assign(new Error('x', { cause: new Error('y') }), { code: 'E', at: new Date(5) }));

const bodies: readonly EntryBody[] = [
  {
    kind: 'ActivationStarted',
    epoch: 3,
    node: 'n1',
    codeVersion: '1.2',
    facetChain: 'a@1',
    reset: false,
    schema: 2,
  },
  {
    kind: 'MessageReceived',
    messageId: 'm-1',
    sender: 's',
    causationId: 'c',
    method: 'increment',
    payload: bytes,
    headers: { trace: 't', ['__proto__']: 'p' },
    principal: 'user:1',
  },
  {
    kind: 'SideEffectExecuted',
    scope: 'handler',
    ordinal: 0,
    name: 'rate',
    argsHash: 'h',
    result: bytes,
    error: null,
    attempts: 1,
  },
  {
    kind: 'SideEffectExecuted',
    scope: 'audit',
    ordinal: 1,
    name: 'rate',
    argsHash: 'h',
    result: null,
    error,
    attempts: 5,
  },
  {
    kind: 'StateChanged',
    changes: {
      values: { n: 1, t: 'x', u: undefined, z: null, b: true, big: 2n ** 90n, bytes, half: 0.5 },
      deltas: {
        items: { collection: 'map', ops: [['clear'], ['set', 'k', bytes], ['delete', 2n]] },
        log: { collection: 'list', ops: [['push', 1, undefined]] },
      },
      removed: ['facet:x'],
    },
  },
  { kind: 'MessageSent', messageId: 'm-1/0', receiver: 'r', method: 'go', payload: bytes, dueAt: 5 },
  { kind: 'TimerScheduled', scope: 'handler', ordinal: 2, dueAt: 10 },
  { kind: 'TimerFired', scope: 'handler', ordinal: 2 },
  { kind: 'FacetAttached', name: 'metrics', priority: 800, config: bytes },
  { kind: 'FacetDetached', name: 'metrics' },
  { kind: 'MessageProcessed', messageId: 'm-1', result: bytes, error: null },
  { kind: 'MessageProcessed', messageId: 'm-1', result: null, error },
  { kind: 'MessageParked', messageId: 'm-1', attempts: 5, cause: error },
];

/** With encoded values decoded: two codecs have different bytes for them. */
function plain(raw: unknown): unknown {
  if (raw instanceof Uint8Array) return { decoded: decodePayload(raw) };
  if (Array.isArray(raw)) return raw.map(plain);
  if (typeof raw !== 'object' || raw === null) return raw;
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw))
    Object.defineProperty(copy, key, { value: plain(value), enumerable: true, writable: true, configurable: true });
  return copy;
}

describe('an encoded entry', () => {
  it.each(bodies.map((body) => [body.kind, body] as const))('%s comes back equal', (kind, body) => {
    const record = encodeEntry(header, body, 7);
    expect(entryKind(record)).toBe(kind);
    expect(verifyEntry(header.actor, record)).toBe(kind);
    expect(decodeEntry(header.actor, record)).toEqual({ ...header, seq: 7, ...body });
  });

  it.each(bodies.map((body) => [body.kind, body] as const))('%s comes back with equal values as JSON', (kind, body) => {
    const record = encodeEntry(header, body, 7, 'json');
    expect(verifyEntry(header.actor, record)).toBe(kind);
    const decoded = decodeEntry(header.actor, record);
    expect(describeEntry(decoded)).toEqual(describeEntry({ ...header, seq: 7, ...body }));
    expect(encodeEntry(header, decoded, 7, 'json')).toEqual(record);
    const described = JSON.parse(Buffer.from(record.bytes.subarray(6)).toString()) as Record<string, unknown>;
    expect(described).toMatchObject({ kind, id: header.id, correlationId: 'corr-1' });
  });

  it('shows arguments, results and state to whoever reads the text behind its first six bytes', () => {
    const text = (body: EntryBody): string =>
      Buffer.from(encodeEntry(header, body, 7, 'json').bytes.subarray(6)).toString();
    expect(text(bodies[1]!)).toMatchInlineSnapshot(
      `"{"kind":"MessageReceived","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","time":1795000000123,"correlationId":"corr-1","messageId":"m-1","sender":"s","causationId":"c","method":"increment","payload":[1,"a"],"headers":["trace","t","__proto__","p"],"principal":"user:1"}"`,
    );
    expect(text(bodies[4]!)).toMatchInlineSnapshot(
      `"{"kind":"StateChanged","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","time":1795000000123,"correlationId":"corr-1","values":["n",1,"t","x","u",{"$undefined":true},"z",null,"b",true,"big",{"$bigint":"1237940039285380274899124224"},"bytes",{"$value":[1,"a"]},"half",0.5],"deltas":["items",["map",["clear"],["set","k",{"$value":[1,"a"]}],["delete",{"$bigint":"2"}]],"log",["list",["push",1,{"$undefined":true}]]],"removed":["facet:x"]}"`,
    );
    expect(text({ kind: 'MessageProcessed', messageId: 'm', result: encodePayload(null), error: null })).toMatch(
      /"result":null}$/,
    );
  });

  it('keeps its layout: journals written before must stay readable', () => {
    const [started, , , , changed] = bodies as [EntryBody, EntryBody, EntryBody, EntryBody, EntryBody];
    const hex = (body: EntryBody) => Buffer.from(encodeEntry(header, body, 7).bytes).toString('hex');
    expect(hex(started)).toMatchInlineSnapshot(
      `"01010fcf906e99ba303141525a334e44454b54535634525246465136394735464156cb427a1ee565e7b000a6636f72722d3103a26e31a3312e32a3614031c202"`,
    );
    expect(hex(changed)).toMatchInlineSnapshot(
      `"01049456a89596ba303141525a334e44454b54535634525246465136394735464156cb427a1ee565e7b000a6636f72722d31dc0010a16e01a174a178a175d40000a17ac0a162c3a3626967d84200000000040000000000000000000000a56279746573c4049201a161a468616c66cb3fe000000000000094a56974656d7394a36d617091a5636c65617293a3736574a16bc4049201a16192a664656c657465d30000000000000002a36c6f6792a46c69737493a47075736801d4000091a766616365743a78"`,
    );
    expect(hex({ kind: 'MessageProcessed', messageId: 'm-1', result: bytes, error })).toMatchInlineSnapshot(
      `"010a11667a3a96ba303141525a334e44454b54535634525246465136394735464156cb427a1ee565e7b000a6636f72722d31a36d2d31c4049201a16196a54572726f72a145a178c411d4724091a26174d7ff01312d00000000000096a54572726f72a0a179c000c0"`,
    );
  });

  it('holds for its actor and sequence number only', () => {
    const record = encodeEntry(header, bodies[1]!, 7);
    expect(() => decodeEntry('default/default/counter/c-2', record)).toThrow(CorruptRecordError);
    for (const seq of [6, 8, 7 + 2 ** 32]) {
      expect(() => decodeEntry(header.actor, { ...record, seq })).toThrow(CorruptRecordError);
    }
  });

  it.each(['msgpack', 'json'] as const)('shows every flipped bit and every lost byte (%s)', (codec) => {
    const record = encodeEntry(header, bodies[2]!, 7, codec);
    for (let bit = 0; bit < record.bytes.length * 8; bit++) {
      const damaged = Buffer.from(record.bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => decodeEntry(header.actor, { seq: 7, bytes: damaged })).toThrow(CorruptRecordError);
    }
    for (let length = 0; length < record.bytes.length; length++) {
      const torn = record.bytes.subarray(0, length);
      expect(() => decodeEntry(header.actor, { seq: 7, bytes: torn })).toThrow(
        /^Entry 7 of default\/default\/counter\/c-1/,
      );
    }
  });

  it('of a newer version is told from a damaged one', () => {
    // The same bytes as a build of version 3 would write them: intact, only newer.
    const future = jest.requireActual<typeof import('../codec/checksum')>('../codec/checksum');
    const bytes = Buffer.from(encodeEntry(header, bodies[7]!, 7).bytes);
    bytes[0] = 3;
    bytes.writeUInt32LE(future.checksum(bytes.subarray(6), header.actor, 7, 0x300 + bytes[1]!), 2);
    expect(() => decodeEntry(header.actor, { seq: 7, bytes })).toThrow(SchemaTooNewError);
    bytes[0] = 1;
    bytes[1] = 99;
    bytes.writeUInt32LE(future.checksum(bytes.subarray(6), header.actor, 7, 0x100 + 99), 2);
    expect(() => decodeEntry(header.actor, { seq: 7, bytes })).toThrow(/no entry kind 99/);
  });

  it('shares no memory with what it is decoded into', () => {
    const record = encodeEntry(header, bodies[1]!, 7);
    const decoded = decodeEntry(header.actor, record) as Extract<EntryBody, { kind: 'MessageReceived' }>;
    decoded.payload.fill(0);
    expect(decodeEntry(header.actor, record)).toMatchObject({ payload: bytes });
  });

  it.each(['msgpack', 'json'] as const)('keeps any state change (property, %s)', (codec) => {
    const changesOf = (slot: string) => ({
      values: Object.fromEntries([[slot, 1]]),
      deltas: Object.fromEntries([[slot, { collection: 'map' as const, ops: [] }]]),
      removed: [slot],
    });
    const stored = fc.oneof(
      fc.constantFrom(null, undefined, true, false),
      fc.string({ unit: 'grapheme' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
      fc.bigInt(),
      fc.uint8Array().map((array) => Buffer.from(encodePayload([Buffer.from(array)]))),
    );
    const delta = fc.record({
      collection: fc.constantFrom('map' as const, 'list' as const, 'set' as const),
      ops: fc.array(fc.tuple(fc.string(), stored, stored)),
    });
    const changes = fc.record({
      values: fc.dictionary(fc.string(), stored, { noNullPrototype: true }),
      deltas: fc.dictionary(fc.string(), delta, { noNullPrototype: true }),
      removed: fc.array(fc.string()),
    });
    fc.assert(
      fc.property(changes, fc.nat(), (given, seq) => {
        const record = encodeEntry(header, { kind: 'StateChanged', changes: given }, seq + 1, codec);
        expect(plain(decodeEntry(header.actor, record))).toEqual({
          ...header,
          seq: seq + 1,
          kind: 'StateChanged',
          changes: plain(given),
        });
      }),
      { examples: [[changesOf('__proto__'), 0]] },
    );
  });
});

describe('nextUlid', () => {
  it.each([
    ['01ARZ3NDEKTSV4RRFFQ69G5FAV', '01ARZ3NDEKTSV4RRFFQ69G5FAW'],
    ['01ARZ3NDEKTSV4RRFFQ69G5F9Z', '01ARZ3NDEKTSV4RRFFQ69G5FA0'],
    ['01ARZ3NDEKZZZZZZZZZZZZZZZZ', '01ARZ3NDEM0000000000000000'],
  ])('%s → %s', (previous, next) => expect(nextUlid(previous)).toBe(next));

  it('ends at the last ULID', () => {
    expect(() => nextUlid('Z'.repeat(26))).toThrow(RangeError);
  });
});
