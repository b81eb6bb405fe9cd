import { Redis } from 'ioredis';
import { RedisStorage } from 'plexspaces/redis';
import type { AppendWrite, Outcome } from 'plexspaces/spi';
import { NEW, append, commit, done, readAll, rowFor } from '../../../libs/testing/src/conformance/builders';
import { PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';

const MANY = Array.from({ length: 600 }, (_, i) => `entry ${i}`);

// A turn that ends one message and sends none has a way of its own through the flush script.
describeWithRedis('plain turns on Redis', () => {
  let server: PrivateRedis;
  let plain: RedisStorage;
  let general: RedisStorage;
  let raw: Redis;

  beforeAll(async () => {
    server = await PrivateRedis.start();
    plain = await RedisStorage.open({ url: server.url, prefix: 'plain' });
    general = await RedisStorage.open({ url: server.url, prefix: 'general' });
    raw = new Redis(server.port);
  });
  beforeEach(() => raw.flushall());
  afterAll(async () => {
    raw.disconnect();
    await plain.close();
    await general.close();
    await server.destroy();
  });

  /** Every value under the prefix, as the server keeps it. */
  async function stored(prefix: string): Promise<Record<string, string>> {
    const keys = (await raw.keys(`${prefix}:*`)).sort();
    const values = await Promise.all(keys.map((key) => valueOf(key)));
    return Object.fromEntries(keys.map((key, i) => [key.slice(prefix.length), values[i] as string]));
  }

  async function valueOf(key: string): Promise<string> {
    const type = await raw.type(key);
    if (type === 'hash') return JSON.stringify(Object.entries(await raw.hgetall(key)).sort());
    if (type === 'list') return JSON.stringify(await raw.lrange(key, 0, -1));
    if (type === 'zset') return JSON.stringify(await raw.zrange(key, '-inf', '+inf', 'BYSCORE', 'WITHSCORES'));
    return type === 'set' ? JSON.stringify((await raw.smembers(key)).sort()) : String(await raw.get(key));
  }

  async function flushOne(store: RedisStorage, write: AppendWrite): Promise<Outcome> {
    return (await store.journal.flush([write]))[0] as Outcome;
  }

  it.each([
    ['an entry', append('a', NEW, ['one'], { inbox: [done('m', 'answer')] })],
    ['no entry', append('a', NEW, [], { inbox: [done('m', '')] })],
    ['more entries than one command takes', append('a', NEW, MANY, { inbox: [done('m', 'answer')] })],
    ['an end of the actor', append('a', NEW, ['one'], { status: 'terminated', inbox: [done('m', 'answer')] })],
    ['a window without end', append('a', NEW, ['one'], { inbox: [done('m', 'answer', { expiresAt: null })] })],
    ['names beyond ASCII', append('ä/日本', NEW, ['one'], { writer: 'ö', inbox: [done('ü', 'answer')] })],
  ])('leave the very values that the general way leaves: %s', async (_, write) => {
    const known = rowFor(write.actor, 'known'); // so that what the other one sends leaves nothing
    for (const { journal } of [plain, general]) await commit(journal, { kind: 'accept', row: known });
    expect(await flushOne(plain, write)).toEqual(await flushOne(general, { ...write, sends: [known] }));
    const values = await stored('plain');
    expect(values).toEqual(await stored('general'));
    expect(JSON.stringify(values)).toContain(write.writer);
    const texts = write.entries.map(({ seq, bytes }) => [seq, new TextDecoder().decode(bytes)]);
    expect(await readAll(plain.journal, write.actor)).toEqual(texts);
  });

  it('change nothing where their message is known, or the head is another', async () => {
    const head = await commit(plain.journal, append('a', NEW, ['one'], { inbox: [done('m', 'first')] }));
    const before = await stored('plain');
    const again = append('a', head, ['two'], { inbox: [done('m', 'second')] });
    const row = await plain.inbox.find('a', 'm');
    expect(await flushOne(plain, again)).toEqual({ kind: 'duplicate', row });
    const late = append('a', NEW, ['two'], { inbox: [done('n', 'second')] });
    expect(await flushOne(plain, late)).toEqual({ kind: 'conflict', actual: head });
    const foreign = append('a', head, ['two'], { writer: 'other', continues: true, inbox: [done('n', 'second')] });
    expect(await flushOne(plain, foreign)).toEqual({ kind: 'conflict', actual: head });
    expect(await stored('plain')).toEqual(before);
  });

  it('are judged one after the other in one flush', async () => {
    const first = append('a', NEW, ['one'], { inbox: [done('m', 'first')] });
    const second = append('a', { seq: 1, epoch: 1 }, ['two'], { continues: true, inbox: [done('m', 'second')] });
    const third = append('a', { seq: 1, epoch: 1 }, ['two'], { continues: true, inbox: [done('n', 'third')] });
    const outcomes = await plain.journal.flush([first, second, third]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['committed', 'duplicate', 'committed']);
    expect(await readAll(plain.journal, 'a')).toEqual([
      [1, 'one'],
      [2, 'two'],
    ]);
  });

  it('fail where the row that is known is damaged', async () => {
    const head = await commit(plain.journal, append('a', NEW, ['one'], { inbox: [done('m', 'first')] }));
    const [key] = await raw.keys('plain:*:i');
    const value = (await raw.hgetBuffer(key as string, 'a\0m')) as Buffer;
    value[9] = 0x31; // done becomes open
    await raw.hset(key as string, 'a\0m', value);
    const outcome = await flushOne(plain, append('a', head, ['two'], { inbox: [done('m', 'second')] }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'PS_CORRUPT_RECORD' } });
  });

  it('are refused whole by a server whose memory is full', async () => {
    const head = await commit(plain.journal, append('a', NEW, ['one'], { inbox: [done('m', 'first')] }));
    const before = await stored('plain');
    await raw.config('SET', 'maxmemory', '1');
    const refused = plain.journal.flush([append('a', head, ['two'], { inbox: [done('n', 'second')] })]);
    await expect(refused).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
    await raw.config('SET', 'maxmemory', '0');
    expect(await stored('plain')).toEqual(before);
  });
});
