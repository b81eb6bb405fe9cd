import { inspect } from 'node:util';
import { Test } from '@nestjs/testing';
import { STORAGE, type Storage } from 'plexspaces/spi';
import { RedisStorage, RedisStorageModule } from 'plexspaces/redis';
import { PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';

async function failureOf(work: () => Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was not refused');
}

describeWithRedis('opening a Redis store', () => {
  const servers: PrivateRedis[] = [];
  const stores: RedisStorage[] = [];

  async function server(settings: Readonly<Record<string, string>> = {}): Promise<PrivateRedis> {
    const started = await PrivateRedis.start(settings);
    servers.push(started);
    return started;
  }

  async function open(options: Parameters<typeof RedisStorage.open>[0]): Promise<RedisStorage> {
    const store = await RedisStorage.open(options);
    stores.push(store);
    return store;
  }

  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
    await Promise.all(servers.splice(0).map((one) => one.destroy()));
  });

  it.each([
    ['', 'url is not to be read'],
    ['localhost', 'url is not to be read'],
    ['http://localhost', 'url is one of http:'],
    ['redis://localhost/x', 'with a number of a database'],
    ['redis://u:p%zz@localhost', 'not percent-encoded'],
  ])('refuses the URL %j', async (url, reason) => {
    const error = await failureOf(() => open(url));
    expect([error.code, error.message]).toEqual(['PS_INVALID_STORAGE_OPTION', expect.stringContaining(reason)]);
  });

  it.each([
    [{ url: [] }, 'url is an empty list'],
    [{ url: 'redis://localhost', timeoutMs: 0 }, 'timeoutMs is 0'],
    [{ url: 'redis://localhost', timeoutMs: 2 ** 31 }, 'timeoutMs is 2147483648'],
    [{ url: 'redis://localhost', prefix: 'a{b' }, 'prefix is "a{b"'],
    [{ url: 'redis://localhost/3', cluster: true }, 'database 3'],
  ])('refuses %j', async (options, reason) => {
    const error = await failureOf(() => open(options));
    expect([error.code, error.message]).toEqual(['PS_INVALID_STORAGE_OPTION', expect.stringContaining(reason)]);
  });

  it('says where nobody listens, and what to do', async () => {
    const one = await server();
    await one.kill();
    const error = await failureOf(() => open(one.url));
    expect(error.code).toBe('PS_STORAGE_UNAVAILABLE');
    expect(error.message).toMatch(/^Cannot open Redis at 127\.0\.0\.1:\d+: .*ECONNREFUSED.*Check that the server runs/);
  });

  it('says that a password is wrong, missing or too much, and never which', async () => {
    const one = await server({ requirepass: 'right-secret' });
    for (const [credentials, reason] of [
      [':wrong-secret@', 'user or password is wrong'],
      ['', 'wants a password'],
      ['nobody:wrong-secret@', 'user or password is wrong'],
    ] as const) {
      const error = await failureOf(() => open(one.url.replace('//', `//${credentials}`)));
      expect([error.code, error.message]).toEqual(['PS_STORAGE_UNAVAILABLE', expect.stringContaining(reason)]);
      expect(inspectAll(error)).not.toContain('secret');
    }
    await open(one.url.replace('//', '//:right-secret@'));
    const free = await server();
    const error = await failureOf(() => open(free.url.replace('//', '//:right-secret@')));
    expect(error.message).toContain('the server wants none');
    expect(inspectAll(error)).not.toContain('secret');
  });

  it.each([
    ['appendonly', 'no'],
    ['appendfsync', 'everysec'],
    ['maxmemory-policy', 'allkeys-lru'],
  ])('refuses a server with %s %s, unless durability is relaxed', async (setting, value) => {
    const one = await server({ [setting]: value });
    const error = await failureOf(() => open(one.url));
    expect(error.code).toBe('PS_UNSAFE_STORAGE');
    expect(error.message).toContain(`Storage setting ${setting} is ${value}`);
    await open({ url: one.url, durability: 'relaxed' });
  });

  it('looks again when the server has been started anew', async () => {
    const one = await server();
    const { journal } = await open(one.url);
    await journal.head('a');
    await one.restartWith({ appendfsync: 'everysec' });
    const error = await failureOf(() => journal.head('a'));
    expect(error.message).toContain('appendfsync is everysec');
  });

  it('takes a server whose settings cannot be read only where it is told to trust it', async () => {
    const one = await server();
    await one.command('ACL', 'SETUSER', 'app', 'on', '>pw', '~plexspaces:*', '+@all', '-config');
    const url = one.url.replace('//', '//app:pw@');
    const error = await failureOf(() => open(url));
    expect(error.code).toBe('PS_UNSAFE_STORAGE');
    expect(error.message).toContain('trustServer: true');
    await open({ url, trustServer: true });
  });

  it.each([
    ['zadd', ['~plexspaces:*', '+@all', '-zadd']],
    ['client', ['~plexspaces:*', '+@all', '-client|kill']],
    ['key', ['~other:*', '+@all']],
  ])('refuses a user who may not use what a store needs: %s', async (_, rights) => {
    const one = await server();
    await one.command('ACL', 'SETUSER', 'app', 'on', '>pw', ...rights);
    const error = await failureOf(() => open(one.url.replace('//', '//app:pw@')));
    expect(error.code).toBe('PS_STORAGE_UNAVAILABLE');
    expect(error.message).toContain('its user may not do what a store needs');
  });

  it('refuses what a newer version has written, and a replica', async () => {
    const one = await server();
    await (await open(one.url)).close();
    await one.command('SET', 'plexspaces:{meta}:schema', '2');
    const newer = await failureOf(() => open(one.url));
    expect([newer.code, newer.message]).toEqual(['PS_SCHEMA_TOO_NEW', expect.stringContaining('version 2')]);

    await one.command('REPLICAOF', '127.0.0.1', '1');
    const replica = await failureOf(() => open(one.url));
    expect(replica.message).toContain('it is a replica');
  });

  it('says whether the server is part of a cluster, where it was told otherwise', async () => {
    const one = await server();
    const notPart = await failureOf(() => open({ url: one.url, cluster: true }));
    expect(notPart.message).toContain('not part of a cluster');
    const part = await server({ 'cluster-enabled': 'yes' });
    expect((await failureOf(() => open(part.url))).message).toContain('Say cluster: true');
    expect((await failureOf(() => open({ url: part.url, cluster: true }))).message).toMatch(
      /no server serves|CLUSTERDOWN/,
    );
  });

  it('warns of aof-load-truncated, once', async () => {
    const one = await server({ 'aof-load-truncated': 'yes' });
    const warnings: string[] = [];
    await open({ url: one.url, warn: (message) => warnings.push(message) });
    expect(warnings).toEqual([expect.stringContaining('aof-load-truncated')]);
  });

  it('keeps stores apart by prefix and by database', async () => {
    const one = await server();
    const all = await Promise.all([open(one.url), open({ url: one.url, prefix: 'other' }), open(`${one.url}/1`)]);
    for (const [i, { checkpoints }] of all.entries())
      await checkpoints.save({ actor: 'a', seq: i + 1, time: 0, bytes: new Uint8Array(1) }, 2);
    for (const [i, { checkpoints }] of all.entries()) expect(await checkpoints.list('a')).toEqual([i + 1]);
  });

  it('opens with the application, closes with it, and stops its start', async () => {
    const one = await server();
    const module = await Test.createTestingModule({ imports: [RedisStorageModule.forRoot(one.url)] }).compile();
    await module.init();
    const { journal } = module.get<Storage>(STORAGE, { strict: false });
    expect((await journal.head('a')).status).toBe('absent');
    await module.close();
    await expect(journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    await one.kill();
    const start = Test.createTestingModule({ imports: [RedisStorageModule.forRoot({ url: one.url })] }).compile();
    await expect(start).rejects.toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
  });
});

/** With causes and whatever hangs on them. */
function inspectAll(error: unknown): string {
  return inspect(error, { depth: 9, showHidden: true });
}
