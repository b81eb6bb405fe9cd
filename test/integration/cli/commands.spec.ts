import { Client } from 'pg';
import { SystemEnv } from 'plexspaces/spi';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { isPlexSpacesError } from 'plexspaces';
import { MIGRATIONS } from '../../../libs/storage/src/sqlite/schema';
import { hideSecrets } from '../../../libs/cli/src/storage/storage-address';
import { CliWorld, Tally, Till } from './cli-world';

const TALLY = 'default/default/tally/a';
const TILL = 'default/default/till/a';

describe('the command line', () => {
  let world: CliWorld;
  beforeEach(() => (world = new CliWorld()));
  afterEach(() => world.end());

  describe('migrations', () => {
    it('makes the tables in an empty file, once (FI-DU01)', async () => {
      for (let times = 0; times < 2; times++) {
        const { code, out } = await world.plexspaces(['migrate', '--storage', world.url]);
        expect([code, out]).toEqual([0, `${world.url} has the tables of version ${MIGRATIONS.length}.\n`]);
      }
      const status = await world.plexspaces(['status'], { PLEXSPACES_STORAGE: world.url });
      expect(status).toEqual({ code: 0, out: expect.stringContaining('is up to date'), err: '' });
    });

    it('leaves the data of a database at version 1 alone', async () => {
      const connection = new BetterSqlite3(world.file);
      for (const statement of MIGRATIONS[0]!.statements) connection.exec(statement);
      connection.exec(
        `INSERT INTO ps_actor (name, head, epoch, writer, schema, status) VALUES ('${TALLY}', 7, 2, 'w', 1, 1)`,
      );
      connection.close();
      expect((await world.plexspaces(['migrate', '--storage', world.url])).code).toBe(0);
      await world.withStorage(world.file, async ({ journal }) => {
        expect(await journal.head(TALLY)).toMatchObject({ seq: 7, epoch: 2, status: 'live' });
      });
    });

    it('tells what is missing, and prints statements that make it', async () => {
      new BetterSqlite3(world.file).close();
      const connection = new BetterSqlite3(world.file);
      connection.exec('CREATE TABLE mine (id integer)');
      const before = await world.plexspaces(['status', '--storage', world.url]);
      expect(before.out).toContain(`at version 0 of ${MIGRATIONS.length}`);
      expect(before.out).toContain('plexspaces migrate');
      const { code, out } = await world.plexspaces(['sql', '--storage', world.url]);
      expect(code).toBe(0);
      connection.exec(out);
      connection.close();
      expect((await world.plexspaces(['status', '--storage', world.url])).out).toContain('is up to date');
      await world.withApp(world.file, async (app) => {
        expect(await app.client(Tally).ref('a').ask.add(2)).toBe(2);
      });
    });

    it('looks at a file on which a node runs, and does not migrate it (StorageInUseError elsewhere)', async () => {
      await world.withStorage(world.file, async () => {
        expect((await world.plexspaces(['status', '--storage', world.url])).code).toBe(0);
      });
    });
  });

  describe('bad input', () => {
    it.each<[readonly string[], number, RegExp]>([
      [[], 2, /Usage: plexspaces/],
      [['fly'], 2, /unknown command 'fly'/],
      [['status', '--verbose'], 2, /unknown option '--verbose'/],
      [['status'], 2, /--storage is missing/],
      [['status', '--storage', ''], 2, /--storage is missing/],
      [['status', '--storage', './data.db'], 2, /begins with no scheme/],
      [['status', '--storage', 'mysql://me:hunter2@host/db'], 2, /unknown scheme mysql:/],
      [['status', '--storage', 'sqlite:'], 2, /names no file/],
      [['migrate', '--storage', 'redis://me:hunter2@host'], 1, /no tables/],
      [['status', '--storage', 'memory:'], 1, /no tables/],
      [['purge', '--storage', 'memory:'], 2, /needs to be told whom/],
      [['purge', '--storage', 'memory:', '--actor', 'a/b'], 1, /does not have four parts/],
      [['purge', '--storage', 'memory:', '--actor', 'a/b//d'], 1, /is empty/],
      [['purge', '--storage', 'memory:', '--older-than', '-3d'], 1, /is not a duration/],
      [['purge', '--storage', 'memory:', '--older-than', 'NaN'], 1, /is not a duration/],
      [['purge', '--storage', 'memory:', '--actor', 'a/b/c/d', '--prefix', 'x'], 2, /cannot be used with/],
      [['purge', '--storage', 'memory:', '--actor', 'a/b/c/d'], 1, /it is absent/],
      [['export', '--storage', 'memory:'], 2, /missing required argument 'file'/],
      [['export', '--storage', 'memory:', '--truncate', '/nowhere/x'], 2, /needs --before-checkpoint/],
      [['export', '--storage', 'memory:', '/nowhere/x'], 1, /^Cannot open \/nowhere\/x: open failed with ENOENT/],
      [['import', '--storage', 'memory:', '/nowhere/x'], 1, /\/nowhere\/x: there is no such file/],
      [['import', '--storage', 'memory:', '/'], 1, /it is no file/],
    ])('%j ends with %i', async (args, code, said) => {
      const ran = await world.plexspaces(args);
      expect([ran.code, ran.out]).toEqual([code, '']);
      expect(ran.err).toMatch(said);
      expect(ran.err).not.toContain('hunter2');
      if (code === 1) expect(ran.err.trim().split('\n')).toHaveLength(1);
    });

    it.each(['status', 'export', 'purge'])('%s does not make a file that is not there', async (command) => {
      const rest = { status: [], export: [world.path('x')], purge: ['--prefix', ''] }[command] ?? [];
      const { code, err } = await world.plexspaces([command, '--storage', world.url, ...rest]);
      expect([code, err]).toEqual([1, expect.stringContaining('there is no such file')]);
      expect(existsSync(world.file)).toBe(false);
    });

    describeWith(postgresServer(), 'on Postgres', ({ url }) => {
      it.each(['export', 'purge'])('%s makes no tables, where there are none or old ones', async (command) => {
        const schema = `cli_${new SystemEnv().id().toLowerCase()}`;
        const args = { export: ['export', world.path('x')], purge: ['purge', '--prefix', ''] }[command] as string[];
        const ran = await world.plexspaces([...args, '--storage', `${url.href}?schema=${schema}&durability=relaxed`]);
        expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(/plexspaces migrate/)]);
        const client = new Client({ connectionString: url.href });
        await client.connect();
        const { rows } = await client.query('SELECT 1 FROM pg_namespace WHERE nspname = $1', [schema]);
        expect(rows).toEqual([]);
        await client.end();
      });
    });

    it('says that a database is newer than it, or no database', async () => {
      await world.plexspaces(['migrate', '--storage', world.url]);
      const connection = new BetterSqlite3(world.file);
      connection.exec('UPDATE ps_schema SET version = 99');
      connection.close();
      expect((await world.plexspaces(['status', '--storage', world.url])).out).toContain('newer than this build');
      const { code, err } = await world.plexspaces(['migrate', '--storage', world.url]);
      expect([code, err]).toEqual([1, expect.stringContaining('schema version 99')]);
      writeFileSync(world.path('text'), 'no database at all, but long enough to look like something'.repeat(20));
      const text = await world.plexspaces(['status', '--storage', `sqlite:${world.path('text')}`]);
      expect([text.code, text.err]).toEqual([1, expect.stringContaining('not a database')]);
    });

    it.each([
      ['postgres://me:p%40ss@host:5432/db?password=x', 'postgres://host:5432/db'],
      ['postgres://me:a@b@host/db', 'postgres://host/db'],
      ['redis://:secret@host', 'redis://host'],
      ['rediss://host/0#secret', 'rediss://host/0'],
      ['sqlite:./data.db', 'sqlite:./data.db'],
    ])('shows %s as %s', (url, shown) => expect(hideSecrets(url)).toBe(shown));
  });

  describe('purge', () => {
    it('takes a terminated actor, and refuses a live one', async () => {
      await world.withApp(world.file, async (app) => {
        await app.client(Tally).ref('a').ask.add(1);
        const till = app.client(Till).ref('a');
        await till.orCreate();
        for (let i = 0; i < 5; i++) await till.ask.put(1);
        await till.stop();
      });
      const live = await world.plexspaces(['purge', '--storage', world.url, '--actor', TALLY]);
      expect([live.code, live.err]).toEqual([1, expect.stringContaining('it is live')]);
      const none = await world.plexspaces(['purge', '--storage', world.url, '--older-than', '1d']);
      expect([none.code, none.out]).toEqual([0, expect.stringMatching(/^0 terminated actors/)]);
      const gone = await world.plexspaces(['purge', '--storage', world.url, '--prefix', 'default/']);
      expect([gone.code, gone.out]).toEqual([0, expect.stringMatching(/^1 terminated actors/)]);
      const again = await world.plexspaces(['purge', '--storage', world.url, '--actor', TILL]);
      expect(again.code).toBe(0);
      await world.withApp(world.file, async (app) => {
        const error: unknown = await app
          .client(Till)
          .ref('a')
          .ask.put(1)
          .catch((reason: unknown) => reason);
        expect(isPlexSpacesError(error, 'PS_ACTOR_TERMINATED')).toBe(true);
        expect(await app.client(Tally).ref('a').ask.add(1)).toBe(2);
      });
    });
  });

  it('is the bin of the package', () => {
    const { bin } = JSON.parse(readFileSync('package.json', 'utf8')) as { bin: Record<string, string> };
    expect(bin).toEqual({ plexspaces: './dist/libs/cli/src/main.js' });
    expect(readFileSync('libs/cli/src/main.ts', 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });
});
