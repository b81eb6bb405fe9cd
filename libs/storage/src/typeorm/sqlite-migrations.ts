import { DataSource, type DataSourceOptions, type MigrationInterface, type QueryRunner } from 'typeorm';
import { StorageUnavailableError, failpoint } from '#spi';
import { IN_MEMORY } from '../sqlite/connection';
import { touch } from '../sqlite/file-lock';
import { MIGRATIONS, type Migration } from '../sqlite/schema';
import { SQLITE_ENTITY_SCHEMAS } from './sqlite.entity-schema';

/** What a DataSource that looks into a store's file needs. */
export function sqliteDataSourceOptions(path: string): DataSourceOptions {
  return {
    type: 'better-sqlite3',
    database: path,
    entities: SQLITE_ENTITY_SCHEMAS,
    migrations: MIGRATIONS.map(migrationClass),
    migrationsTableName: 'ps_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
  };
}

/**
 * Brings the tables up to date through TypeORM, so that they are listed where a user looks for migrations. Runs under
 * the store's lock and before its own connection; the DataSource is gone when it returns.
 * @throws StorageUnavailableError
 */
export async function migrateSqlite(path: string): Promise<void> {
  if (path === IN_MEMORY) return; // another connection would see another database
  touch(path);
  const dataSource = new DataSource(sqliteDataSourceOptions(path));
  try {
    await dataSource.initialize();
    await dataSource.runMigrations();
  } catch (error) {
    throw new StorageUnavailableError(path, error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** The statements of `sqlite/schema.ts` as TypeORM wants them. */
function migrationClass({ name, version, statements }: Migration): new () => MigrationInterface {
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      // The store makes its tables by itself where it is opened without TypeORM.
      if ((await currentVersion(runner)) >= version) return;
      for (const statement of statements) {
        failpoint('migrate.midway');
        await runner.query(statement);
      }
    }

    async down(): Promise<void> {
      return Promise.reject(new Error(`${name} only adds; restore a backup to go back`));
    }
  };
}

async function currentVersion(runner: QueryRunner): Promise<number> {
  if (!(await runner.hasTable('ps_schema'))) return 0;
  const rows = (await runner.query('SELECT version FROM ps_schema')) as { version: number }[];
  return rows[0]?.version ?? 0;
}
