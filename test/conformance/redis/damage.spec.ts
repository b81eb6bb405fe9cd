import { Redis } from 'ioredis';
import { RedisStorage } from 'plexspaces/redis';
import type { Write } from 'plexspaces/spi';
import { DUE, NEW, accept, append, done, ended, rowFor } from '../../../libs/testing/src/conformance/builders';
import { Random, seedOfRun } from '../../../libs/testing/src/conformance/random';
import { PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';

const FLIPS = 500;

/** One stored value, wherever it lies. */
interface Place {
  readonly name: string;
  readonly read: () => Promise<Buffer>;
  readonly write: (bytes: Buffer) => Promise<unknown>;
}

describeWithRedis('values in Redis', () => {
  let server: PrivateRedis;
  let store: RedisStorage;
  let raw: Redis;

  beforeAll(async () => {
    server = await PrivateRedis.start();
    store = await RedisStorage.open(server.url);
    raw = new Redis(server.port);
  });
  afterAll(async () => {
    raw.disconnect();
    await store.close();
    await server.destroy();
  });

  async function hashPlaces(key: string): Promise<Place[]> {
    const fields = await raw.hkeysBuffer(key);
    return fields.map((field) => ({
      name: `${key} ${field.toString('latin1')}`,
      read: async () => (await raw.hgetBuffer(key, field)) as Buffer,
      write: (bytes) => raw.hset(key, field, bytes),
    }));
  }

  async function listPlaces(key: string): Promise<Place[]> {
    return Array.from({ length: await raw.llen(key) }, (_, i) => ({
      name: `${key} ${i}`,
      read: async () => (await raw.lindexBuffer(key, i)) as Buffer,
      write: (bytes: Buffer) => raw.lset(key, i, bytes),
    }));
  }

  /** All that the ports show of the actor, or the codes of what they throw. */
  async function look(): Promise<unknown[]> {
    const { journal, inbox, checkpoints } = store;
    const entries = async (): Promise<unknown> => {
      const all: unknown[] = [];
      for await (const page of journal.read('a', 0)) all.push(...page);
      return all;
    };
    const looks = [
      journal.head('a'),
      entries(),
      ...['queued', 'open', 'done', 'parked', 'given up'].map((id) => inbox.find('a', id)),
      inbox.pending('a'),
      inbox.parked('a'),
      checkpoints.latest('a'),
      checkpoints.latest('a', 1),
    ];
    return Promise.all(looks.map((one) => one.catch((error: unknown) => (error as { code?: string }).code)));
  }

  it(`notices every one of ${FLIPS} flipped bits (P11)`, async () => {
    const writes: Write[] = [
      accept('a', 'queued'),
      accept('a', 'parked'),
      append('a', NEW, ['one', 'two', 'three'], {
        inbox: [
          { op: 'open', id: 'open', row: rowFor('a', 'open', { dueAt: DUE + 1 }) },
          done('done', 'yes'),
          ended('parked', 'parked', 'why', { fresh: false }),
          ended('parked', 'given up', 'because', { expiresAt: null }),
        ],
      }),
    ];
    expect((await store.journal.flush(writes)).map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'committed']);
    for (const seq of [1, 3])
      await store.checkpoints.save({ actor: 'a', seq, time: 7, bytes: new Uint8Array(40).fill(seq) }, 5);
    const before = await look();
    expect(before).not.toContain('PS_CORRUPT_RECORD');

    const keys = await raw.keys('plexspaces:{p*}:*');
    const places: Place[] = [];
    for (const key of keys) {
      const type = await raw.type(key);
      if (type === 'hash') places.push(...(await hashPlaces(key)));
      if (type === 'list') places.push(...(await listPlaces(key)));
    }
    expect(places).toHaveLength(1 + 3 + 5 + 2);

    const seed = seedOfRun(() => Number(process.hrtime.bigint() % 2n ** 31n));
    const random = new Random(seed);
    const silent: string[] = [];
    for (let i = 0; i < FLIPS; i++) {
      const place = random.pick(places);
      const bytes = await place.read();
      const flipped = Buffer.from(bytes);
      const [at, bit] = [random.below(bytes.length), random.below(8)];
      flipped[at] = (flipped[at] as number) ^ (1 << bit);
      await place.write(flipped);
      if (!(await look()).includes('PS_CORRUPT_RECORD')) silent.push(`${place.name}, byte ${at}, bit ${bit}`);
      await place.write(bytes);
    }
    expect({ seed, silent }).toEqual({ seed, silent: [] });
    expect(await look()).toEqual(before);
  });

  it('refuses to change a row that is damaged, and leaves its neighbours alone', async () => {
    await store.journal.flush([accept('b', 'm'), append('b', NEW, ['one'])]);
    const place = (await hashPlaces((await raw.keys('plexspaces:*:i')).at(-1) as string))
      .concat(...(await Promise.all((await raw.keys('plexspaces:*:i')).map(hashPlaces))))
      .find(({ name }) => name.endsWith('b\0m')) as Place;
    const bytes = await place.read();
    const flipped = Buffer.from(bytes);
    flipped[11] = (flipped[11] as number) ^ 1;
    await place.write(flipped);
    const outcomes = await store.journal.flush([
      append('b', { seq: 1, epoch: 1 }, ['two'], { inbox: [done('m', 'no', { fresh: false })] }),
      append('b', { seq: 1, epoch: 1 }, ['instead']),
    ]);
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { code: 'PS_CORRUPT_RECORD' } }, { kind: 'committed' }]);
  });

  it('may be of ten megabytes, in entries, messages, answers and checkpoints', async () => {
    const bytes = new Uint8Array(10 * 1024 * 1024).map((_, i) => i * 31 + (i >> 8));
    const write = append('big', NEW, [], {
      inbox: [done('m', '', { answer: bytes })],
      sends: [rowFor('big', 's', { message: bytes })],
    });
    const outcomes = await store.journal.flush([{ ...write, entries: [{ seq: 1, bytes }] }]);
    expect(outcomes).toEqual([{ kind: 'committed', head: { seq: 1, epoch: 1 } }]);
    await store.checkpoints.save({ actor: 'big', seq: 1, time: 0, bytes }, 2);
    const found: (Uint8Array | null | undefined)[] = [];
    for await (const page of store.journal.read('big', 0)) found.push(...page.map((entry) => entry.bytes));
    found.push((await store.inbox.find('big', 'm'))?.answer, (await store.inbox.pending('big'))[0]?.message);
    found.push((await store.checkpoints.latest('big'))?.bytes);
    expect(found.map((one) => one != null && Buffer.compare(one, bytes) === 0)).toEqual([true, true, true, true]);
  });
});
