import { RedisStorage } from 'plexspaces/redis';
import { SystemEnv } from 'plexspaces/spi';
import { FaultProxy } from 'plexspaces/testing';
import { append, accept, NEW } from '../../../libs/testing/src/conformance/builders';
import { Random, seedOfRun } from '../../../libs/testing/src/conformance/random';
import { closeApps } from '../../support/app';
import { PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';
import { FaultRun } from './fault-run';

const env = new SystemEnv();
/** `npm run redis-faults` asks for more. */
const CUTS = Number(process.env['PLEXSPACES_REDIS_CUTS'] ?? 20);
const MINUTES = 60_000;

describeWithRedis('a Redis store that fails', () => {
  let server: PrivateRedis;
  const stores: RedisStorage[] = [];

  async function open(url = server.url, timeoutMs = 1_500): Promise<RedisStorage> {
    const store = await RedisStorage.open({ url, timeoutMs });
    stores.push(store);
    return store;
  }

  beforeEach(async () => (server = await PrivateRedis.start()));
  afterEach(async () => {
    await closeApps();
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await server.destroy();
  });

  it.each(['before', 'after'] as const)(
    'loses and repeats nothing when flushes are cut %s they are carried out',
    async (when) => {
      const seed = seedOfRun(() => env.now() % 2 ** 31);
      const random = new Random(seed);
      const run = await FaultRun.start(server);
      for (let i = 1; i <= CUTS; i++) {
        await run.cut(when, random.below(6));
        if (i % 50 === 0) process.stdout.write(`${i} of ${CUTS} cuts ${when}\n`);
      }
      const { verdict, problems, invalid, figures } = await run.judge();
      expect({ seed, verdict, problems, invalid }).toEqual({ seed, verdict: 'passed', problems: [], invalid: [] });
      expect(figures.faultsFired).toBe(CUTS);
      await run.end();
    },
    15 * MINUTES,
  );

  it(
    'loses and repeats nothing when the server is killed at work and started again, and goes on',
    async () => {
      const run = await FaultRun.start(server);
      for (let i = 0; i < 4; i++) {
        await run.work();
        await run.during('kill -9', async () => {
          await server.kill();
          await server.start();
        });
      }
      const { verdict, problems, invalid } = await run.judge();
      expect({ verdict, problems, invalid }).toEqual({ verdict: 'passed', problems: [], invalid: [] });
      await run.end();
    },
    5 * MINUTES,
  );

  it(
    'loses and repeats nothing when the server stands still for longer than its commands may take',
    async () => {
      const run = await FaultRun.start(server);
      for (let i = 0; i < 3; i++) {
        await run.work();
        await run.during('SIGSTOP', async () => {
          server.signal('SIGSTOP');
          await new Promise<void>((resolve) => env.schedule(resolve, 2_500));
          server.signal('SIGCONT');
        });
      }
      const { verdict, problems, invalid } = await run.judge();
      expect({ verdict, problems, invalid }).toEqual({ verdict: 'passed', problems: [], invalid: [] });
      await run.end();
    },
    5 * MINUTES,
  );

  it('[P10] decides nothing before what it had sent can no longer be carried out (K3)', async () => {
    const proxy = await FaultProxy.start({ port: server.port });
    const { journal, inbox } = await open(`redis://127.0.0.1:${proxy.port}`, 250);
    const direct = await open();
    for (let i = 0; i < 5; i++) {
      const slow = proxy.inject({ kind: 'delay', direction: 'toServer', ms: 1_500 });
      const flushed = journal.flush([append(`actor ${i}`, NEW, ['late']), accept(`actor ${i}`, 'm')]);
      await expect(flushed).rejects.toMatchObject({ code: 'PS_STORE_FAILED' });
      slow.remove(); // what is on its way stays slow; the next connection is not
      const decided = [(await journal.head(`actor ${i}`)).seq, (await inbox.find(`actor ${i}`, 'm'))?.state];
      await new Promise<void>((resolve) => env.schedule(resolve, 1_600));
      const later = [
        (await direct.journal.head(`actor ${i}`)).seq,
        (await direct.inbox.find(`actor ${i}`, 'm'))?.state,
      ];
      expect(later).toEqual(decided);
      expect(decided[0]).toBe(0); // else the delay did not bite, and nothing is shown
    }
    await proxy.stop();
  });

  it('notices a server that comes back without what it had acknowledged', async () => {
    const { journal } = await open();
    const [first] = await journal.flush([append('a', NEW, ['one'])]);
    expect(first?.kind).toBe('committed');
    const copy = await server.copyData();
    await journal.flush([append('a', { seq: 1, epoch: 1 }, ['two'])]);
    await server.kill();
    await server.restoreData(copy);
    await server.start();
    const failed = journal.head('a');
    await expect(failed).rejects.toMatchObject({ code: 'PS_STORE_FAILED', cause: { code: 'PS_STORE_REGRESSED' } });
    await expect(failed).rejects.toThrow(/came back without acknowledged writes: the journal of a stands at seq 1/);
    expect((await (await open()).journal.head('a')).seq).toBe(1); // another process may go on
  });

  it('says that the memory of the server is full, stores nothing of that flush, and goes on when there is room', async () => {
    const { journal, inbox } = await open();
    await journal.flush([append('a', NEW, ['one'])]);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    const full = journal.flush([append('a', { seq: 1, epoch: 1 }, ['two']), accept('b', 'm')]);
    await expect(full).rejects.toThrow(/OOM/);
    expect((await journal.head('a')).seq).toBe(1);
    expect(await inbox.find('b', 'm')).toBeNull();
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    const [outcome] = await journal.flush([append('a', { seq: 1, epoch: 1 }, ['two'])]);
    expect(outcome?.kind).toBe('committed');
  });

  it('loads its scripts again after SCRIPT FLUSH', async () => {
    const { journal } = await open();
    await server.command('SCRIPT', 'FLUSH');
    const [outcome] = await journal.flush([append('a', NEW, ['one'])]);
    expect(outcome?.kind).toBe('committed');
  });
});
