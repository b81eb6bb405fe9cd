import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import { failpoint } from '#spi';
import { type Target, targetOf, unavailable } from '../postgres/address';
import { loadDriver } from '../postgres/driver';
import { makeSchema, whileMigrating } from '../postgres/migrate';
import { type PostgresAddress, type PostgresOptions, resolveOptions } from '../postgres/options';
import { MIGRATIONS, type Migration } from '../postgres/schema';
import { type Tables, tablesOf } from '../postgres/tables';
import { postgresEntitySchemas } from './postgres.entity-schema';

/** What a DataSource that looks into a store's schema needs. */
export function postgresDataSourceOptions(target: Target, tables: Tables): DataSourceOptions {
  const schema = tables.schema.slice(1, -1);
  // TypeORM reads neither sslmode nor passwords that are functions from a URL: the driver's own options are handed on.
  const { connectionString, password, ssl, ...extra } = target.config('migrate');
  return {
    type: 'postgres',
    ...(connectionString === undefined ? {} : { url: connectionString }),
    ...(password === undefined ? {} : { password: password as string }),
    ...(ssl === undefined ? {} : { ssl: ssl as boolean }),
    extra: { ...extra, max: 1 },
    schema,
    entities: postgresEntitySchemas({ schema, tablePrefix: tables.prefix }),
    migrations: MIGRATIONS.map((step) => migrationClass(step, tables)),
    migrationsTableName: `${tables.prefix}migrations`,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
  };
}

/**
 * Makes the schema, and brings its tables up to date through TypeORM, so that they are listed where a user looks for
 * migrations. One migrator at a time; each migration is a transaction of its own.
 * @returns the names of the migrations that ran
 * @throws StorageUnavailableError, SchemaTooNewError, InvalidStorageOptionError
 * @publicApi
 */
export async function migratePostgres(address: PostgresAddress, options?: PostgresOptions): Promise<readonly string[]> {
  const resolved = resolveOptions(options);
  return runMigrations(targetOf(await loadDriver(), address, resolved), tablesOf(resolved));
}

export async function runMigrations(target: Target, tables: Tables): Promise<readonly string[]> {
  return whileMigrating(target, tables, async (client) => {
    await makeSchema(client, tables);
    const dataSource = new DataSource(postgresDataSourceOptions(target, tables));
    try {
      await dataSource.initialize();
      return (await dataSource.runMigrations()).map(({ name }) => name);
    } catch (error) {
      throw unavailable(target, (error as { readonly driverError?: unknown }).driverError ?? error);
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
  });
}

/** The statements of `postgres/schema.ts` as TypeORM wants them. */
function migrationClass({ name, version, statements }: Migration, tables: Tables): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      // The store makes its tables by itself where it is opened without TypeORM.
      if ((await currentVersion(runner, tables)) >= version) return;
      for (const statement of statements(tables)) {
        failpoint('migrate.midway');
        await runner.query(statement);
      }
    }

    async down(): Promise<void> {
      return Promise.reject(new Error(`${name} only adds; restore a backup to go back`));
    }
  };
}

async function currentVersion(runner: QueryRunner, { version }: Tables): Promise<number> {
  const [known] = (await runner.query('SELECT to_regclass($1) AS name', [version])) as { name: string | null }[];
  if (known?.name == null) return 0;
  const rows = (await runner.query(`SELECT version FROM ${version}`)) as { version: number }[];
  return rows[0]?.version ?? 0;
}
