import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { postgresServer } from './postgres-server';
import { PrivateRedis, redisBinary } from './private-redis';

/** One test on a store that outlives a process; a server that is not on this machine is a skip that shows. */
type OnStore = (name: string, run: (url: string) => Promise<void>) => void;

/** Places on all such stores for one spec file, by their URLs. They are made and removed around its tests. */
export function storesOf(spec: string): {
  readonly onSqlite: OnStore;
  readonly onPostgres: OnStore;
  readonly onRedis: OnStore;
} {
  const schema = `${spec}_${process.pid}`;
  const postgres = postgresServer();
  const hasRedis = redisBinary() !== undefined;
  let folder: string;
  let redis: PrivateRedis | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `${spec}-`));
    if (hasRedis) redis = await PrivateRedis.start();
  });
  afterAll(async () => {
    await redis?.destroy();
    if (postgres !== undefined) {
      const client = new Client(postgres.url.href);
      await client.connect();
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
      await client.end();
    }
    await rm(folder, { recursive: true });
  });

  return {
    onSqlite: (name, run) => it(name, () => run(`sqlite:${join(folder, 'journal.db')}`)),
    onPostgres: (name, run) =>
      postgres === undefined
        ? it.skip(name, () => undefined)
        : it(name, () => run(`${postgres.url.href}?schema=${schema}`)),
    onRedis: (name, run) =>
      hasRedis ? it(name, () => run((redis as PrivateRedis).url)) : it.skip(name, () => undefined),
  };
}
