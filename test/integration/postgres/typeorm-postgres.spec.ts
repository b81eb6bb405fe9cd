import { Test } from '@nestjs/testing';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { type NewInboxRow, STORAGE, type Storage, SystemEnv } from '#spi';
import { postgresServer } from '../../support/servers/postgres-server';
import { describeWith } from '../../support/servers/test-server';
import { PostgresStorage } from '#storage/postgres';
import { targetOf } from '../../../libs/storage/src/postgres/address';
import { loadDriver } from '../../../libs/storage/src/postgres/driver';
import { resolveOptions } from '../../../libs/storage/src/postgres/options';
import { SCHEMA_VERSION } from '../../../libs/storage/src/postgres/schema';
import { tablesOf } from '../../../libs/storage/src/postgres/tables';
import { migratePostgres, postgresDataSourceOptions } from '../../../libs/storage/src/typeorm/postgres-migrations';
import {
  postgresMigrationSql,
  postgresStatus,
  type TypeormPostgresOptions,
  TypeormStorageModule,
} from '#storage/typeorm';

const row: NewInboxRow = { actor: 'a', id: 'm', argsHash: '', message: new Uint8Array(3), attempts: 0, dueAt: 1 };

describeWith(postgresServer(), 'TypeormStorageModule.postgres', ({ url }) => {
  const schemas: string[] = [];
  const client = new Client({ connectionString: url.href });

  function freshSchema(): string {
    const schema = `typeorm_${new SystemEnv().id().toLowerCase()}`;
    schemas.push(schema);
    return schema;
  }

  async function boot(options: TypeormPostgresOptions) {
    const module = await Test.createTestingModule({
      imports: [TypeormStorageModule.postgres(url.href, options)],
    }).compile();
    await module.init();
    return { storage: module.get<Storage>(STORAGE, { strict: false }), close: () => module.close() };
  }

  const texts = async (sql: string, ...values: unknown[]): Promise<string[][]> =>
    (await client.query<string[]>({ text: sql, values, rowMode: 'array' })).rows;

  /** Columns, indexes and views, as the server describes them. */
  const shapeOf = async (schema: string): Promise<string[]> => {
    const found = await texts(
      `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(collation_name, '')
           || ' ' || is_identity FROM information_schema.columns WHERE table_schema = $1 AND table_name <> 'ps_migrations'
         UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename <> 'ps_migrations'
         UNION ALL SELECT definition FROM pg_views WHERE schemaname = $1 ORDER BY 1`,
      schema,
    );
    return found.map(([text]) => (text as string).replaceAll(schema, 'S'));
  };

  const dataSourceOf = async (schema: string): Promise<DataSource> => {
    const options = resolveOptions({ schema });
    const target = targetOf(await loadDriver(), url.href, options);
    return new DataSource(postgresDataSourceOptions(target, tablesOf(options))).initialize();
  };

  beforeAll(async () => {
    await client.connect();
  });

  afterAll(async () => {
    for (const schema of schemas) await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await client.end();
  });

  it('opens a store while Nest boots and closes it on shutdown, twice without harm', async () => {
    const schema = freshSchema();
    const { storage, close } = await boot({ schema });
    await expect(storage.journal.flush([{ kind: 'accept', row }])).resolves.toEqual([{ kind: 'accepted' }]);
    await close();
    await close();
    await expect(storage.journal.head('a')).rejects.toMatchObject({ code: 'PS_STORE_CLOSED' });
    const again = await boot({ schema });
    await expect(again.storage.inbox.pending('a')).resolves.toHaveLength(1);
    await again.close();
  });

  it('records its migrations where TypeORM does, once, also in a schema the store made by itself', async () => {
    const [made, migrated] = [freshSchema(), freshSchema()];
    await (await PostgresStorage.open(url.href, { schema: made })).close();
    for (const schema of [made, migrated]) {
      for (let start = 0; start < 2; start++) await (await boot({ schema })).close();
      expect(await texts(`SELECT name FROM ${schema}.ps_migrations`)).toHaveLength(SCHEMA_VERSION);
    }
    await expect(migratePostgres(url.href, { schema: migrated })).resolves.toEqual([]);
  });

  it('makes the same tables with TypeORM, without, and by the SQL it prints', async () => {
    const [made, migrated, printed] = [freshSchema(), freshSchema(), freshSchema()];
    await (await PostgresStorage.open(url.href, { schema: made })).close();
    await expect(migratePostgres(url.href, { schema: migrated })).resolves.toHaveLength(SCHEMA_VERSION);
    await client.query(postgresMigrationSql({ schema: printed }));
    const shape = await shapeOf(made);
    expect(shape.length).toBeGreaterThan(30);
    expect(await shapeOf(migrated)).toEqual(shape);
    expect(await shapeOf(printed)).toEqual(shape);
    expect(postgresMigrationSql({ schema: printed }, SCHEMA_VERSION)).toBe('BEGIN;\nCOMMIT;\n');
  });

  it('describes to TypeORM exactly the tables that are there', async () => {
    const schema = freshSchema();
    await (await boot({ schema })).close();
    const dataSource = await dataSourceOf(schema);
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    await dataSource.destroy();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('lets any number of nodes start at once on an empty database', async () => {
    const schema = freshSchema();
    const nodes = await Promise.all(Array.from({ length: 4 }, () => boot({ schema })));
    await Promise.all(nodes.map(({ close }) => close()));
    expect(await texts(`SELECT version FROM ${schema}.ps_schema`)).toEqual([[SCHEMA_VERSION]]);
  });

  it('says what has run and what has not, and changes nothing by it', async () => {
    const schema = freshSchema();
    const before = await postgresStatus(url.href, { schema });
    expect(before).toMatchObject({ version: 0, required: SCHEMA_VERSION, applied: [] });
    expect(await postgresStatus(url.href, { schema })).toEqual(before);
    await migratePostgres(url.href, { schema });
    expect(await postgresStatus(url.href, { schema })).toEqual({
      version: SCHEMA_VERSION,
      required: SCHEMA_VERSION,
      applied: before.pending,
      pending: [],
    });
  });

  it('migrates nothing where it may not, and says what to run', async () => {
    const schema = freshSchema();
    const error: Error = await boot({ schema, migrate: false }).then(fail, (thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'PS_SCHEMA_OUTDATED', found: 0, required: SCHEMA_VERSION });
    expect(error.message).toContain('plexspaces migrate');
    expect(await texts('SELECT 1 FROM pg_namespace WHERE nspname = $1', schema)).toEqual([]);
  });

  it('refuses tables of a newer version, and leaves them alone', async () => {
    const schema = freshSchema();
    await migratePostgres(url.href, { schema });
    await client.query(`UPDATE ${schema}.ps_schema SET version = 99`);
    for (const migrate of [true, false])
      await expect(boot({ schema, migrate })).rejects.toMatchObject({ code: 'PS_SCHEMA_TOO_NEW', found: 99 });
    await expect(migratePostgres(url.href, { schema })).rejects.toMatchObject({ code: 'PS_SCHEMA_TOO_NEW' });
    expect(await texts(`SELECT version FROM ${schema}.ps_schema`)).toEqual([[99]]);
  });

  it('takes the entities of a DataSource on the same database, and of no other', async () => {
    const schema = freshSchema();
    const same = await new DataSource({ type: 'postgres', url: url.href }).initialize();
    const elsewhere = new URL(url.href);
    elsewhere.pathname = '/postgres';
    const other = await new DataSource({ type: 'postgres', url: elsewhere.href }).initialize();
    const { storage, close } = await boot({ schema, dataSource: same });
    expect(storage.rows).toBeDefined();
    await close();
    const refused: [unknown, string][] = [
      [other, 'another database'],
      [new DataSource({ type: 'postgres', url: url.href }), 'not initialized'],
      [new DataSource({ type: 'better-sqlite3', database: ':memory:' }), 'better-sqlite3'],
      [{}, 'no DataSource'],
    ];
    for (const [dataSource, reason] of refused) {
      const error: Error = await boot({ schema, dataSource: dataSource as DataSource }).then(fail, (e: Error) => e);
      expect(error).toMatchObject({ code: 'PS_ROWS_DATABASE' });
      expect(error.message).toContain(reason);
    }
    await same.destroy();
    await other.destroy();
  });

  it('shows entries one by one, and checkpoints, to any SQL client', async () => {
    const schema = freshSchema();
    const { storage, close } = await boot({ schema });
    const entries = ['one', '', 'three'].map((text, i) => ({ seq: i + 1, bytes: Buffer.from(text) }));
    await storage.journal.flush([
      {
        kind: 'append',
        actor: 'a',
        expected: { seq: 0, epoch: 0 },
        epoch: 1,
        writer: 'w',
        schema: 1,
        status: 'live',
        entries,
        inbox: [],
        sends: [],
      },
    ]);
    await storage.checkpoints.save({ actor: 'a', seq: 3, time: 5, bytes: Buffer.from('state') }, 2);
    const seen = await texts(
      `SELECT actor_id, sequence_number::int, convert_from(entry, 'UTF8') FROM ${schema}.ps_journal_entries ORDER BY 2`,
    );
    expect(seen).toEqual([
      ['a', 1, 'one'],
      ['a', 2, ''],
      ['a', 3, 'three'],
    ]);
    expect(await texts(`SELECT actor_id, convert_from(state, 'UTF8') FROM ${schema}.ps_checkpoints`)).toEqual([
      ['a', 'state'],
    ]);
    await close();
  });
});

function fail(): never {
  throw new Error('It started.');
}
