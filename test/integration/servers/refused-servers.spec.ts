import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { type PlexSpacesError, openStorage } from 'plexspaces';
import { SystemEnv } from 'plexspaces/spi';
import { run as runCommandLine } from '../../../libs/cli/src/run';
import { accept } from '../../../libs/testing/src/conformance/builders';
import { PrivatePostgres, postgresBinaries } from '../../support/servers/private-postgres';
import { PrivateRedis, describeWithRedis } from '../../support/servers/private-redis';
import { postgresServer } from '../../support/servers/postgres-server';
import { startRewriting } from '../../support/servers/rewriting-proxy';
import { describeWith } from '../../support/servers/test-server';

// Servers that do not let us in, may not be written to, or are too old. What is said goes to logs: never with a password.

const root = join(__dirname, '../../..');
const SECRET = 's3cr3t-p4ss';
/** As it stands in a URL: no driver may repeat that either. */
const ENCODED = 's3cr3t%2Dp4ss';

async function refusalOf(url: string): Promise<PlexSpacesError> {
  return openStorage(url).then(
    async (store) => {
      await store.close();
      throw new Error('It opened.');
    },
    (error: unknown) => error as PlexSpacesError,
  );
}

/** All that tools and a node of `npm start` say about a storage that they cannot open. */
async function saidAbout(url: string): Promise<string> {
  const error = await refusalOf(url);
  expect(error).toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
  let said = `${inspect(error, { depth: 9, showHidden: true })}\n${JSON.stringify(error)}\n`;
  const terminal = { out: (text: string) => void (said += text), err: (text: string) => void (said += text) };
  for (const command of [['status'], ['purge', '--actor', 'a/b/c/d'], ['export', '/dev/null']])
    await runCommandLine([...command, '--storage', url], { ...terminal, env: {}, isWatched: false });
  const node = spawnSync(process.execPath, ['-r', './test/register.cjs', 'src/main.ts'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, PLEXSPACES_STORAGE: url, PORT: '0' },
    timeout: 25_000,
  });
  expect(node.status).toBe(1);
  expect(node.stderr + node.stdout).toContain('Cannot open');
  return said + node.stdout + node.stderr;
}

(postgresBinaries() === undefined ? describe.skip : describe)('Postgres (initdb needed)', () => {
  let postgres: PrivatePostgres;
  const folder = mkdtempSync(join(tmpdir(), 'plexspaces-hba-'));

  beforeAll(async () => {
    const rules = join(folder, 'hba.conf');
    writeFileSync(rules, 'host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n');
    for (const path of [folder, rules]) chmodSync(path, 0o755); // the server runs as another user
    postgres = await PrivatePostgres.start({ hba_file: rules });
    await postgres.query("CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE app LOGIN; CREATE ROLE guest LOGIN");
  }, 60_000);

  afterAll(async () => {
    await postgres.destroy();
    rmSync(folder, { recursive: true });
  });

  const as = (user: string, rest = ''): string => {
    const url = new URL(postgres.url);
    return `postgres://${user}@${url.host}/postgres${rest}`;
  };

  /** What a role needs of the tables that somebody else has made. */
  async function letUse(schema: string): Promise<void> {
    await postgres.query(`GRANT USAGE ON SCHEMA ${schema} TO app`);
    await postgres.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO app`);
    await postgres.query(`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO app`);
  }

  it('says nowhere which password was wrong', async () => {
    for (const password of [SECRET, ENCODED]) {
      const said = await saidAbout(as(`locked:${password}`));
      expect(said).toContain('password authentication failed');
      for (const form of [SECRET, ENCODED]) expect(said).not.toContain(form);
    }
  }, 90_000);

  it('lets a role run on tables that somebody else has made, with no more rights than to use them', async () => {
    await (await openStorage(as('postgres', '?schema=made'))).close();
    await letUse('made');
    const store = await openStorage(as('app', '?schema=made'));
    await expect(store.journal.flush([accept('a', 'm')])).resolves.toEqual([{ kind: 'accepted' }]);
    await store.close();
  });

  it('makes its tables in a schema that a role was given, without a right on the database', async () => {
    await postgres.query('CREATE SCHEMA given; GRANT USAGE, CREATE ON SCHEMA given TO app');
    for (let start = 1; start <= 2; start++) await (await openStorage(as('app', '?schema=given'))).close();
    expect((await refusalOf(as('app', '?schema=its_own'))).message).toMatch(
      /permission denied.*Grant this role CREATE/,
    );
  });

  it('refuses a role that may not use the schema, and says what to grant', async () => {
    await (await openStorage(as('postgres', '?schema=barred'))).close();
    const error = await refusalOf(as('guest', '?schema=barred'));
    expect(error).toMatchObject({ code: 'PS_STORAGE_UNAVAILABLE' });
    expect(error.message).toMatch(/permission denied.*Grant/s);
  });

  it.each(['ps_actor', 'ps_inbox', 'ps_journal'])(
    'stores nothing once the right to %s is gone, says so, and goes on when it is back',
    async (table) => {
      await (await openStorage(as('postgres', '?schema=taken'))).close();
      await letUse('taken');
      const store = await openStorage(as('app', '?schema=taken'));
      await postgres.query(`REVOKE INSERT, UPDATE ON taken.${table} FROM app`);
      const head = { seq: 0, epoch: 0 };
      const write = {
        ...({
          kind: 'append',
          actor: table,
          expected: head,
          epoch: 1,
          writer: 'w',
          schema: 1,
          status: 'live',
        } as const),
        entries: [{ seq: 1, bytes: Buffer.from('e') }],
        inbox: [{ op: 'done', id: 'm', argsHash: '', answer: Buffer.from('x'), expiresAt: null, fresh: true } as const],
        sends: [],
      };
      const told = await store.journal.flush([write]).then(inspect, inspect);
      expect(told).toContain('permission denied');
      expect(told).not.toContain('committed');
      expect(await store.journal.head(table)).toMatchObject({ seq: 0 });
      await postgres.query(`GRANT INSERT, UPDATE ON taken.${table} TO app`);
      await expect(store.journal.flush([write])).resolves.toMatchObject([{ kind: 'committed' }]);
      await store.close();
    },
  );
});

describeWith(postgresServer(), 'an old Postgres', (server) => {
  const schema = `old_${new SystemEnv().id().toLowerCase()}`;
  const client = new Client({ connectionString: server.url.href });
  beforeAll(() => client.connect());
  afterAll(async () => {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });

  const showing = async (major: string): ReturnType<typeof startRewriting> => {
    const { rows } = await client.query<{ number: string; name: string }>(
      "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name",
    );
    const { number = '', name = '' } = rows[0] ?? {};
    return startRewriting(server, [
      [number, major + number.slice(2)],
      [name, major + name.slice(2)],
    ]);
  };

  it('is refused by its version, before anything is made in it', async () => {
    const old = await showing('11');
    const error = await refusalOf(`${old.url.href}?schema=${schema}`);
    expect(error).toMatchObject({ code: 'PS_SERVER_TOO_OLD', required: '12' });
    expect(error.message).toMatch(/11\.\d+.*12/s);
    const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
    expect(rows).toEqual([]);
    await old.stop();
  });

  it('is taken from 12 on', async () => {
    const oldest = await showing('12');
    await (await openStorage(`${oldest.url.href}?schema=${schema}&durability=relaxed`)).close();
    await oldest.stop();
  });
});

describeWithRedis('Redis', () => {
  let redis: PrivateRedis;
  beforeAll(async () => {
    redis = await PrivateRedis.start();
    await redis.command('ACL', 'SETUSER', 'locked', 'on', '>right', '~*', '+@all');
  });
  afterAll(() => redis.destroy());

  it('says nowhere which password was wrong', async () => {
    for (const password of [SECRET, ENCODED]) {
      const said = await saidAbout(redis.url.replace('//', `//locked:${password}@`));
      expect(said).toContain('user or password is wrong');
      for (const form of [SECRET, ENCODED]) expect(said).not.toContain(form);
    }
  }, 90_000);

  it('an old server is refused by its version, before anything is made in it', async () => {
    const version = /redis_version:(\S+)/.exec(String(await redis.command('INFO', 'server')))?.[1] ?? '';
    const old = await startRewriting(redis.address, [
      [`redis_version:${version}`, `redis_version:5${version.slice(1)}`],
    ]);
    const error = await refusalOf(old.url.href);
    expect(error).toMatchObject({ code: 'PS_SERVER_TOO_OLD', required: '6.2' });
    expect(error.message).toContain(`5${version.slice(1)}`);
    expect(await redis.command('DBSIZE')).toBe(0);
    await old.stop();
  });
});
