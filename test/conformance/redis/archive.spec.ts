import { Redis } from 'ioredis';
import { partitionOf } from '#spi';
import { RedisStorage } from '#storage/redis';
import {
  NEW,
  accept,
  append,
  done,
  ended,
  entriesAfter,
  readAll,
} from '../../../libs/testing/src/conformance/builders';
import { PrivateCluster, PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';
import { killChildren, start } from '../child';

describeWithRedis('purge and restore on Redis', () => {
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

  async function terminate(actor: string, ids: readonly string[] = []): Promise<void> {
    const inbox = [...ids.map((id) => done(id, `answer to ${id}`)), ended('parked', 'given up', 'why')];
    const [outcome] = await store.journal.flush([append(actor, NEW, ['1', '2'], { inbox, status: 'terminated' })]);
    expect(outcome).toMatchObject({ kind: 'committed' });
  }

  async function doneIds(actor: string): Promise<string[]> {
    return (await store.inbox.done(actor, '', 10_000)).map(({ id }) => id);
  }

  /** A name that begins like this and shares its partition with `actor`. */
  function neighbourOf(actor: string, start: string): string {
    for (let i = 0; ; i++) if (partitionOf(`${start}${i}`) === partitionOf(actor)) return `${start}${i}`;
  }

  it.each(['*', '?x*', '[a-z]', 'a\\', '\\*', '[^', 'a]b'])(
    'purge and done take %j as a name, and leave those in its partition alone that it would match as a pattern',
    async (actor) => {
      const others = ['a', 'yx', '*', '?x*', 'a\\b'].map((begin) => neighbourOf(actor, begin));
      for (const name of [actor, ...others]) await terminate(name, ['m']);
      expect(await doneIds(actor)).toEqual(['m']);
      expect(await store.journal.purge([actor])).toEqual([true]);
      expect([await doneIds(actor), await store.inbox.parked(actor)]).toEqual([[], []]);
      for (const other of others) {
        expect([await doneIds(other), (await store.inbox.parked(other)).length]).toEqual([['m'], 1]);
        expect(await readAll(store.journal, other)).toHaveLength(2);
      }
      await store.journal.purge(others);
    },
  );

  it('leaves nothing of thousands of messages and entries but the head and its place among the actors (J13)', async () => {
    const ids = Array.from({ length: 3_000 }, (_, i) => `message ${String(i).padStart(4, '0')}`);
    await terminate('many', ids);
    expect(await doneIds('many')).toEqual(ids);
    expect((await store.inbox.done('many', 'message 1499', 700)).map(({ id }) => id)).toEqual(ids.slice(1_500, 2_200));
    const base = `plexspaces:{p${partitionOf('many')}}:`;
    expect(await raw.zcard(`${base}e`)).toBe(3_001);
    expect(await store.journal.purge(['many', 'many'])).toEqual([true, true]);
    expect((await raw.keys(`${base}*`)).sort()).toEqual(['a', 'h', 'n'].map((letter) => base + letter));
  });

  it('restores tens of thousands of entries in one step (J14)', async () => {
    const texts = Array.from({ length: 20_000 }, (_, i) => String(i + 1));
    await terminate('long', []);
    const head = await store.journal.head('long');
    await store.journal.truncate('long', 2);
    expect(await store.journal.restore('long', entriesAfter(0, texts), null)).toBe(false);
    expect(await store.journal.restore('longer', entriesAfter(0, texts), { ...head, seq: texts.length })).toBe(true);
    expect(await readAll(store.journal, 'longer')).toEqual(texts.map((text, i) => [i + 1, text]));
  });

  it('touches nothing of an actor whose head or message is damaged, and names it (P11)', async () => {
    const base = `plexspaces:{p${partitionOf('hurt')}}:`;
    await terminate('hurt', ['m']);
    await store.journal.flush([accept('hurt', 'waiting')]);
    for (const [key, field, at] of [
      [`${base}h`, 'hurt', 9],
      [`${base}i`, 'hurt\0m', 9],
      [`${base}i`, 'hurt\0waiting', 9],
    ] as const) {
      const bytes = (await raw.hgetBuffer(key, field)) as Buffer;
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ 1;
      await raw.hset(key, field, flipped);
      const refusal = { code: 'PS_CORRUPT_RECORD', message: expect.stringContaining('hurt') as unknown };
      await expect(store.journal.purge(['hurt'])).rejects.toMatchObject(refusal);
      if (key.endsWith('h')) await expect(store.journal.restore('hurt', [], null)).rejects.toMatchObject(refusal);
      else await expect(store.inbox.done('hurt', '', 10)).rejects.toMatchObject(refusal);
      await raw.hset(key, field, bytes);
      expect([await doneIds('hurt'), (await store.inbox.parked('hurt')).length]).toEqual([['m'], 1]);
      expect(await readAll(store.journal, 'hurt')).toHaveLength(2);
    }
    expect(await store.journal.purge(['hurt'])).toEqual([true]);
    expect((await store.inbox.pending('hurt')).map(({ id }) => id)).toEqual(['waiting']);
  });
});

describeWithRedis('purge on a cluster', () => {
  it('empties the outboxes first, so that no id is forgotten while its message may come again (O3)', async () => {
    const cluster = await PrivateCluster.start();
    const store = await RedisStorage.open({ url: cluster.urls });
    try {
      const child = start('redis-outbox', cluster.urls.join(), 'outbox.afterMove=kill@1');
      await child.ended;
      const inbox = [done('m0', 'yes', { fresh: false })];
      const end = append('receiver 0', NEW, ['1'], { status: 'terminated', inbox });
      expect(await store.journal.flush([end])).toMatchObject([{ kind: 'committed' }]);
      expect(await store.journal.purge(['receiver 0'])).toEqual([true]);
      await store.inbox.sweep(0, 1); // whatever is left in an outbox arrives now at the latest
      expect(await store.inbox.find('receiver 0', 'm0')).toBeNull();
    } finally {
      killChildren();
      await store.close();
      await cluster.destroy();
    }
  });
});
