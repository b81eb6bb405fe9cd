import { type Storage, partitionOf } from '#spi';
import { RedisStorage } from '#storage/redis';
import { append, NEW, rowFor } from '../../../libs/testing/src/conformance/builders';
import { PrivateCluster, describeWithRedis } from '../../support/servers/private-redis';
import { killChildren, start } from '../child';

const RECEIVERS = [0, 1, 2, 3, 4, 5].map((k) => `receiver ${k}`);

describeWithRedis('messages between slots of a cluster', () => {
  let cluster: PrivateCluster;
  const stores: RedisStorage[] = [];

  async function open(timeoutMs = 2_000): Promise<RedisStorage> {
    const store = await RedisStorage.open({ url: cluster.urls, timeoutMs });
    stores.push(store);
    return store;
  }

  async function lines({ inbox }: Storage): Promise<string[][]> {
    return Promise.all(RECEIVERS.map(async (receiver) => (await inbox.pending(receiver)).map(({ id }) => id)));
  }

  beforeEach(async () => (cluster = await PrivateCluster.start()));
  afterEach(async () => {
    killChildren();
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await cluster.destroy();
  });

  it('lie in slots of their own: the sender and most receivers are apart', () => {
    const apart = RECEIVERS.filter((receiver) => partitionOf(receiver) !== partitionOf('sender'));
    expect(apart.length).toBeGreaterThan(4);
  });

  it.each(['outbox.afterAppend', 'outbox.afterMove'])(
    '[F42] [F43] all arrive once and in order after SIGKILL at %s',
    async (point) => {
      const child = start('redis-outbox', cluster.urls.join(), `${point}=kill@4`);
      let acknowledged = 0;
      for (let line = await child.line(); line !== undefined; line = await child.line()) acknowledged++;
      expect(await child.ended).toEqual([null, 'SIGKILL']);
      expect(acknowledged).toBe(3);

      const store = await open();
      const { seq } = await store.journal.head('sender');
      expect(seq).toBe(4); // the append stood before its sends were moved
      const expected = ['m0', 'm1', 'm2', 'm3'];
      expect(await lines(store)).toEqual(RECEIVERS.map(() => expected));
      await store.journal.flush([
        append('sender', { seq, epoch: 1 }, ['later'], { sends: RECEIVERS.map((r) => rowFor(r, 'm4')) }),
      ]);
      expect(await lines(store)).toEqual(RECEIVERS.map(() => [...expected, 'm4']));
    },
  );

  it('[F43] [F45] what a dead sender has left arrives before what the next one sends, whoever moves it', async () => {
    const [first, second] = [await open(), await open()]; // open before anything is left
    const child = start('redis-outbox', cluster.urls.join(), 'outbox.afterAppend=kill@1');
    await child.ended;
    const sends = RECEIVERS.map((receiver) => rowFor(receiver, 'next'));
    const writing = second.journal.flush([append('sender', { seq: 1, epoch: 1 }, ['next'], { sends })]);
    await Promise.all([writing, first.inbox.due(0, 1), second.inbox.nextDue(0)]);
    expect(await lines(first)).toEqual(RECEIVERS.map(() => ['m0', 'next']));
  });

  it('is moved before rows are swept, so that no id is forgotten while its message may come again (O3)', async () => {
    const store = await open();
    const child = start('redis-outbox', cluster.urls.join(), 'outbox.afterMove=kill@1');
    await child.ended;
    for (const server of cluster.servers) expect(await outboxes(server.command.bind(server))).toBeLessThanOrEqual(1);
    expect(await left()).toBe(1);
    await store.inbox.sweep(0, 1);
    expect(await left()).toBe(0);
    expect(await lines(store)).toEqual(RECEIVERS.map(() => ['m0']));
  });

  it('[F44] a receiver whose server is down holds up its own messages only', async () => {
    const store = await open(700);
    await store.journal.flush([append('sender', NEW, ['first'], { sends: RECEIVERS.map((r) => rowFor(r, 'm0')) })]);
    const owners = await Promise.all(RECEIVERS.map((receiver) => cluster.ownerOf(partitionOf(receiver))));
    const home = await cluster.ownerOf(partitionOf('sender'));
    const victim = owners.find((owner) => owner !== home);
    expect(victim).toBeDefined();
    victim?.signal('SIGSTOP');
    const flushed = store.journal.flush([
      append('sender', { seq: 1, epoch: 1 }, ['second'], { sends: RECEIVERS.map((r) => rowFor(r, 'm1')) }),
    ]);
    await expect(flushed).rejects.toMatchObject({ code: 'PS_STORE_FAILED' }); // read back, it is committed
    expect((await store.journal.head('sender')).seq).toBe(2);
    for (const [i, receiver] of RECEIVERS.entries())
      if (owners[i] !== victim) expect((await store.inbox.pending(receiver)).map(({ id }) => id)).toEqual(['m0', 'm1']);
    victim?.signal('SIGCONT');
    await cluster.whenWhole();
    await store.inbox.nextDue(0);
    expect(await lines(store)).toEqual(RECEIVERS.map(() => ['m0', 'm1']));
  });

  async function left(): Promise<number> {
    const counts = await Promise.all(cluster.servers.map((server) => outboxes(server.command.bind(server))));
    return counts.reduce((sum, count) => sum + count, 0);
  }
});

async function outboxes(command: (...words: string[]) => Promise<unknown>): Promise<number> {
  return ((await command('KEYS', 'plexspaces:{p*}:o')) as unknown[]).length;
}
