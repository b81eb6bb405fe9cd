import { describeStorageUrl, openStorage } from './index';
import { parseStorageUrl } from './storage-url';

const SECRET = 's3cr3t';

describe('a storage URL', () => {
  it.each([
    ['memory:', 'memory', '', {}, 'memory:'],
    ['memory://', 'memory', '', {}, 'memory:'],
    ['sqlite:./data/a.db', 'sqlite', './data/a.db', {}, 'sqlite:./data/a.db'],
    ['sqlite:a.db', 'sqlite', 'a.db', {}, 'sqlite:a.db'],
    ['sqlite:/var/a.db', 'sqlite', '/var/a.db', {}, 'sqlite:/var/a.db'],
    ['sqlite:///var/a.db', 'sqlite', '/var/a.db', {}, 'sqlite:/var/a.db'],
    ['sqlite://./a.db', 'sqlite', './a.db', {}, 'sqlite:./a.db'],
    ['sqlite::memory:', 'sqlite', ':memory:', {}, 'sqlite::memory:'],
    ['sqlite:my%20data.db', 'sqlite', 'my data.db', {}, 'sqlite:my data.db'],
    [
      ' SQLITE:a.db?durability=relaxed&maxBytes=4096 ',
      'sqlite',
      'a.db',
      { durability: 'relaxed', maxBytes: 4096 },
      'sqlite:a.db',
    ],
    ['postgres://u:p@h:1/d', 'postgres', 'postgres://u:p@h:1/d', {}, 'postgres://h:1/d'],
    ['postgresql://h/d', 'postgres', 'postgresql://h/d', {}, 'postgresql://h/d'],
    [
      'postgres://h/d?schema=app&migrate=true&readers=8&lockTimeout=2s&sslmode=require&connectTimeout=500',
      'postgres',
      'postgres://h/d?sslmode=require',
      { schema: 'app', migrate: true, readers: 8, lockTimeout: 2_000, connectTimeout: 500 },
      'postgres://h/d',
    ],
    ['redis://h', 'redis', 'redis://h', {}, 'redis://h'],
    [
      'rediss://:p@h:7/1?prefix=app&trustServer=false&cluster=true&timeoutMs=50',
      'redis',
      'rediss://:p@h:7/1',
      { prefix: 'app', trustServer: false, cluster: true, timeoutMs: 50 },
      'rediss://h:7/1',
    ],
  ])('%s', (url, scheme, target, options, label) => {
    expect(parseStorageUrl(url)).toEqual({ scheme, target, options, label });
    expect(describeStorageUrl(url)).toBe(label);
  });

  it.each<[unknown, RegExp]>([
    ['', /is empty/],
    [undefined, /is empty, or no string/],
    [42, /is empty, or no string/],
    ['./data.db', /has no scheme/],
    [`user:${SECRET}@host`, /has an unknown scheme/],
    [SECRET, /has no scheme/],
    [`mysql://user:${SECRET}@host/db`, /begins with mysql:, which is no storage/],
    ['memory:somewhere', /names a place behind memory:/],
    ['sqlite:', /names no file/],
    ['sqlite://host/a.db', /names no file/],
    ['sqlite:%zz', /percent-encoded/],
    ['sqlite:a.db?mode=ro', /option "mode", which sqlite storage does not. Known: durability, maxBytes/],
    ['sqlite:a.db?constructor=1', /option "constructor"/],
    ['sqlite:a.db?durability=lazy', /option durability a value it cannot have/],
    ['sqlite:a.db?durability=full&durability=relaxed', /option durability twice/],
    ['memory:?durability=full', /option "durability", which memory storage does not. Known: none/],
    ['postgres:', /of postgres cannot be read/],
    ['postgres:/h/d', /of postgres cannot be read/],
    ['postgres:///d', /of postgres cannot be read/],
    [`postgres://user:${SECRET}@:5432/db`, /of postgres cannot be read/],
    [`postgres://user:${SECRET}/x@h:99999/db`, /of postgres cannot be read/],
    [`postgres://user:${SECRET}@h/db?pasword=${SECRET}`, /option "pasword", which postgres/],
    [`postgres://user:${SECRET}@h/db?readers=${SECRET}`, /option readers a value/],
    ['redis:h', /of redis cannot be read/],
    [`redis://:${SECRET}@h?db=1`, /option "db", which redis storage does not/],
    [`redis://:${SECRET}@h?timeoutMs=-1`, /option timeoutMs/],
  ])('%s is refused, and no secret of it repeated', (url, message) => {
    let error: Error = new Error('nothing was thrown');
    try {
      parseStorageUrl(url);
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error).toMatchObject({ code: 'PS_INVALID_STORAGE_URL' });
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('value it cannot have: ');
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(SECRET);
  });

  it('opens nothing that is not there, and prints no password when it cannot', async () => {
    for (const url of [`postgres://user:${SECRET}@127.0.0.1:1/db`, `redis://:${SECRET}@127.0.0.1:1`]) {
      const error = await openStorage(url).then(
        () => new Error('it opened'),
        (thrown: unknown) => thrown as Error,
      );
      expect(error).toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(SECRET);
    }
  });

  it('opens what it names, with its options', async () => {
    const memory = await openStorage('memory:');
    expect(memory.journal.name).toBe('memory');
    const sqlite = await openStorage('sqlite::memory:?durability=relaxed');
    expect(sqlite.openedWith).toMatchObject({ path: ':memory:', durability: 'relaxed' });
    await Promise.all([memory.close(), sqlite.close()]);
  });
});
