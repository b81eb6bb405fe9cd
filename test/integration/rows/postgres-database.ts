import { Client } from 'pg';
import { SystemEnv } from 'plexspaces/spi';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { DataSource } from 'typeorm';
import { postgresServer } from '../../support/servers/postgres-server';
import { Invoice, type ShopDatabase, Stock } from './shop';

const server = postgresServer();
const made: string[] = [];

export async function administer(sql: string): Promise<void> {
  const client = new Client({ connectionString: server?.url.href });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** A schema of its own for each place, which has both; `undefined` where there is no server, which is an error under CI. */
export const postgres: ShopDatabase | undefined =
  server === undefined
    ? undefined
    : {
        name: 'postgres',
        fresh: async () => {
          const schema = `rows_${new SystemEnv().id().toLowerCase()}`;
          await administer(`CREATE SCHEMA ${schema}`);
          made.push(schema);
          return schema;
        },
        elsewhere: () => {
          const url = new URL(server.url.href);
          url.pathname = '/postgres';
          return Promise.resolve(new DataSource({ type: 'postgres', url: url.href }));
        },
        dataSourceOn: (schema) =>
          new DataSource({
            type: 'postgres',
            url: server.url.href,
            schema,
            entities: [Stock, Invoice],
            synchronize: true,
            poolSize: 5,
          }),
        storageOn: (schema, dataSource) =>
          TypeormStorageModule.postgres(server.url.href, { schema, dataSource, durability: 'relaxed' }),
        remove: async () => {
          for (const schema of made.splice(0)) await administer(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
        },
      };
