import { type CheckpointRecord, CorruptRecordError, SchemaTooNewError } from '#spi';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint';
import { checksum } from './codec/checksum';
import { decodePayload } from './codec/payload-codec';
import { StateImage } from './state/state-image';
import { StateList } from './state/state-list';
import { StateMap } from './state/state-map';
import { StateSet } from './state/state-set';

const large = Array.from({ length: 500 }, (_, i) => [`key ${i}`, { name: `name ${i}`, qty: i }] as const);

function checkpointOf(state: Record<string, unknown>): Checkpoint {
  const image = StateImage.of(state);
  image.attach({ name: 'metrics', priority: 800, config: Buffer.from([1]) });
  return {
    actor: 'default/default/cart/1',
    seq: 12,
    time: 1_795_000_000_123,
    schema: 3,
    image,
    activation: {
      kind: 'ActivationStarted',
      epoch: 4,
      node: 'n1',
      codeVersion: '1.0',
      facetChain: 'a@1',
      reset: false,
      schema: 3,
    },
  };
}

const plain = ({ image, ...rest }: Checkpoint) => ({
  ...rest,
  state: image.toObject(),
  facets: image.facets.map(({ config, ...facet }) => ({ ...facet, config: decodePayload(config) })),
  withdrawn: image.detached,
});

describe.each([
  ['none', 'msgpack'],
  ['zstd', 'msgpack'],
  ['none', 'json'],
  ['zstd', 'json'],
] as const)('a checkpoint stored with compression %s in %s', (compression, codec) => {
  it('comes back equal', async () => {
    for (const checkpoint of [
      checkpointOf({
        n: 1,
        items: new StateMap(large),
        odd: [undefined, 2n, new Map([[1, new Date(5)]])],
        log: new StateList([1n, { a: 1 }, undefined]),
        seen: new StateSet(['x', 5n]),
      }),
      { ...checkpointOf({}), activation: null },
    ]) {
      checkpoint.image.detach('tracing');
      const record = await encodeCheckpoint(checkpoint, compression, codec);
      expect(record).toMatchObject({ actor: checkpoint.actor, seq: 12, time: checkpoint.time });
      expect(plain(await decodeCheckpoint(record))).toEqual(plain(checkpoint));
    }
  });

  it('shows every flipped bit of its head, any of its body, and every lost byte', async () => {
    const record = await encodeCheckpoint(checkpointOf({ items: new StateMap(large) }), compression, codec);
    const damaged: CheckpointRecord[] = [];
    for (let bit = 0; bit < record.bytes.length * 8; bit += bit < 256 ? 1 : 997) {
      const bytes = Buffer.from(record.bytes);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      damaged.push({ ...record, bytes });
    }
    for (const length of [0, 3, 15, 16, 17, record.bytes.length - 1]) {
      damaged.push({ ...record, bytes: record.bytes.subarray(0, length) });
    }
    for (const each of damaged) await expect(decodeCheckpoint(each)).rejects.toThrow(CorruptRecordError);
  });

  it('holds for its actor and entry only', async () => {
    const record = await encodeCheckpoint(checkpointOf({}), compression, codec);
    await expect(decodeCheckpoint({ ...record, seq: 13 })).rejects.toThrow(/^Checkpoint 13 of default/);
    await expect(decodeCheckpoint({ ...record, actor: 'other' })).rejects.toThrow(CorruptRecordError);
    const bytes = Buffer.from(record.bytes);
    bytes.writeUInt32LE(checksum(bytes.subarray(12), 'other', 12, bytes[3]! * 0x100 + bytes[4]!), 8);
    await expect(decodeCheckpoint({ ...record, actor: 'other', bytes })).rejects.toThrow(
      /it is checkpoint 12 of default/,
    );
  });

  it('is taken at once: later changes of the state do not show', async () => {
    const checkpoint = checkpointOf({ n: 1 });
    const encoded = encodeCheckpoint(checkpoint, compression, codec);
    checkpoint.image.apply({ values: { n: 2 }, deltas: {}, removed: [] });
    expect((await decodeCheckpoint(await encoded)).image.toObject()).toEqual({ n: 1 });
  });
});

describe('a checkpoint', () => {
  it('in JSON can be read behind its head', async () => {
    const { bytes } = await encodeCheckpoint(checkpointOf({ total: 7, order: { id: 'o-1' } }), 'none', 'json');
    expect(JSON.parse(Buffer.from(bytes.subarray(16)).toString())).toMatchObject({
      actor: 'default/default/cart/1',
      seq: 12,
      state: [
        ['total', null, 7],
        ['order', null, { $value: { id: 'o-1' } }],
      ],
    });
  });

  it('with zstd holds a zstd frame, and is much smaller', async () => {
    const checkpoint = checkpointOf({ items: new StateMap(large) });
    const [none, zstd] = [await encodeCheckpoint(checkpoint, 'none'), await encodeCheckpoint(checkpoint, 'zstd')];
    expect(Buffer.from(zstd.bytes).indexOf(Buffer.from('28b52ffd', 'hex'))).toBe(16);
    expect(zstd.bytes.length).toBeLessThan(none.bytes.length / 3);
  });

  it('of a newer version is told from a damaged one', async () => {
    const record = await encodeCheckpoint(checkpointOf({}), 'none');
    const bytes = Buffer.from(record.bytes);
    bytes[3] = 3;
    bytes.writeUInt32LE(checksum(bytes.subarray(12), record.actor, record.seq, 0x300), 8);
    await expect(decodeCheckpoint({ ...record, bytes })).rejects.toThrow(SchemaTooNewError);
  });

  it('that claims to unpack to more than there is memory is refused', async () => {
    const record = await encodeCheckpoint(checkpointOf({}), 'zstd');
    const bytes = Buffer.from(record.bytes);
    bytes.writeUInt32LE(0xffff_ffff, 12);
    bytes.writeUInt32LE(checksum(bytes.subarray(12), record.actor, record.seq, 0x101), 8);
    await expect(decodeCheckpoint({ ...record, bytes })).rejects.toThrow(/4294967295 bytes/);
  });

  it('keeps its layout: checkpoints written before must stay readable', async () => {
    const { bytes } = await encodeCheckpoint(checkpointOf({ n: 1 }), 'none');
    expect(Buffer.from(bytes).toString('hex')).toMatchInlineSnapshot(
      `"5058430100000000491082374a00000096b664656661756c742f64656661756c742f636172742f310ccb427a1ee565e7b000039604a26e31a3312e30a3614031c203c4169393a16ec00193a76d657472696373cd0320c4010190"`,
    );
  });
});
