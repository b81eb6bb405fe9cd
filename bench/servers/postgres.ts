import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { Store } from './store';

const USUAL = 'postgres://postgres@127.0.0.1:5432/test';

/** Off, a commit would be answered before it is on the disk: there would be nothing to compare. */
const SAFE = ['fsync', 'synchronous_commit', 'full_page_writes'];

/** Where Postgres is, as for the tests. */
function postgresUrl(): URL {
  return new URL(process.env['TEST_POSTGRES_URL'] ?? USUAL);
}

/** Version and the settings that commits depend on. @throws Error when it is not there, or does not write commits to the disk */
export async function describePostgres(): Promise<string> {
  return connected(postgresUrl(), async (client) => {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name`,
      [[...SAFE, 'server_version', 'wal_sync_method']],
    );
    const settings = new Map(rows.map(({ name, setting }) => [name, setting]));
    const unsafe = SAFE.filter((name) => settings.get(name) !== 'on');
    if (unsafe.length > 0) throw new Error(`Postgres has ${unsafe.join(', ')} not on; turn it on to measure commits.`);
    const version = settings.get('server_version')?.split(' ')[0];
    settings.delete('server_version');
    return `Postgres ${version}: ${[...settings].map(([name, setting]) => `${name} ${setting}`).join(', ')}`;
  });
}

/** A database of its own on that server, dropped when it is closed. */
export async function makeDatabase(): Promise<Pick<Store, 'url' | 'counts' | 'close'>> {
  await describePostgres();
  const server = postgresUrl();
  const name = `plexspaces_bench_${randomBytes(6).toString('hex')}`;
  await connected(server, (client) => client.query(`CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    counts: () => countsOf(server, name),
    close: async () => {
      await connected(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/** Commits of this database; fsyncs of the log, which all databases of the server share. A connection reports once a second. */
async function countsOf(server: URL, name: string): Promise<{ commits: number; fsyncs: number }> {
  return connected(server, async (client) => {
    const { rows } = await client.query<{ commits: string; fsyncs: string }>(
      `SELECT (SELECT xact_commit FROM pg_stat_database WHERE datname = $1) commits, (SELECT wal_sync FROM pg_stat_wal) fsyncs`,
      [name],
    );
    return { commits: Number(rows[0]?.commits), fsyncs: Number(rows[0]?.fsyncs) };
  });
}

async function connected<T>(url: URL, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url.href });
  try {
    await client.connect();
  } catch (error) {
    throw new Error(
      `Postgres at ${url.host} cannot be used (${(error as Error).message}); TEST_POSTGRES_URL says where it is.`,
    );
  }
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
