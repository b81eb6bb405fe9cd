import { FaultProxy } from 'plexspaces/testing';
import { RedisConnection } from '../../support/servers/redis-connection';
import { ConnectionLostError } from '../../support/servers/reply-line';
import { describeWith, testServer } from '../../support/servers/test-server';

const server = testServer('TEST_REDIS_URL', 'redis://127.0.0.1:6379');

describeWith(server, 'a write of unknown outcome, on Redis', (redis) => {
  const key = `fault-proxy:${process.pid}`;
  const open: { close(): void }[] = [];
  let direct: RedisConnection;
  let proxy: FaultProxy;

  async function connection(through?: number): Promise<RedisConnection> {
    const opened = await RedisConnection.open(redis, through);
    open.push(opened);
    return opened;
  }

  beforeEach(async () => {
    direct = await connection();
    proxy = await FaultProxy.start(redis);
  });

  afterEach(async () => {
    await proxy.stop();
    await direct.command('DEL', key);
    for (const each of open.splice(0)) each.close();
  });

  it.each([
    ['before', null],
    ['after', '1'],
  ] as const)('cut %s INCR: the client cannot know, the value is %j', async (when, value) => {
    proxy.inject({ kind: 'cut', when, pattern: 'INCR\r\n' });
    const client = await connection(proxy.port);
    expect(await client.command('PING')).toBe('PONG');
    await expect(client.command('INCR', key)).rejects.toThrow(ConnectionLostError);
    expect(await direct.command('GET', key)).toBe(value);
    proxy.assertAllFired();
  });

  it.each([
    ['before', null],
    ['after', '2'],
  ] as const)('cut %s EXEC: all of the transaction or nothing, the value is %j', async (when, value) => {
    proxy.inject({ kind: 'cut', when, pattern: 'EXEC\r\n', how: 'reset' });
    const client = await connection(proxy.port);
    await client.command('MULTI');
    for (let i = 0; i < 2; i++) expect(await client.command('INCR', key)).toBe('QUEUED');
    await expect(client.command('EXEC')).rejects.toThrow(ConnectionLostError);
    expect(await direct.command('GET', key)).toBe(value);
    proxy.assertAllFired();
  });

  it('byte by byte, nothing changes', async () => {
    proxy.inject({ kind: 'oneByteWrites' });
    const client = await connection(proxy.port);
    await client.command('MULTI');
    await client.command('INCR', key);
    await client.command('INCR', key);
    expect(await client.command('EXEC')).toEqual([1, 2]);
    proxy.assertAllFired();
  });
});
