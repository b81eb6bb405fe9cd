import type { Client } from 'pg';
import { failpoint, SchemaTooNewError } from '#spi';
import { type Target, targetOf, unavailable } from './address';
import { loadDriver, sqlState } from './driver';
import { type PostgresAddress, type PostgresOptions, resolveOptions } from './options';
import { MIGRATIONS, SCHEMA_VERSION } from './schema';
import { connect, destroy, rowsOf, schemaVersion } from './session';
import { type Tables, tablesOf } from './tables';

/** How far the tables of a store are. @publicApi */
export interface PostgresStatus {
  /** Version of the tables; 0: there are none. */
  readonly version: number;
  /** Version this build needs. */
  readonly required: number;
  /** Names of the migrations that have run, oldest first. */
  readonly applied: readonly string[];
  /** Names of those that have not. */
  readonly pending: readonly string[];
}

/** Changes nothing. @throws StorageUnavailableError, InvalidStorageOptionError @publicApi */
export async function postgresStatus(address: PostgresAddress, options?: PostgresOptions): Promise<PostgresStatus> {
  const driver = await loadDriver();
  const resolved = resolveOptions(options);
  const target = targetOf(driver, address, resolved);
  const client = await connect(driver, target, 'migrate');
  try {
    const version = await schemaVersion(client, tablesOf(resolved));
    const names = (isApplied: boolean): string[] =>
      MIGRATIONS.filter((step) => step.version <= version === isApplied).map(({ name }) => name);
    return { version, required: SCHEMA_VERSION, applied: names(true), pending: names(false) };
  } catch (error) {
    throw unavailable(target, error);
  } finally {
    await client.end();
  }
}

/**
 * The statements that bring tables of version `from` (default 0: none) up to date, as one transaction for `psql`, for
 * those who let nobody but a person change a database. Needs no server. @publicApi
 */
export function postgresMigrationSql(options?: PostgresOptions, from = 0): string {
  const resolved = resolveOptions(options);
  const tables = tablesOf(resolved);
  const missing = statementsAfter(from, tables);
  const statements = missing.length === 0 ? [] : [createSchema(tables), ...missing];
  return ['BEGIN', ...statements, 'COMMIT'].map((statement) => `${statement};\n`).join('');
}

function statementsAfter(version: number, tables: Tables): readonly string[] {
  return MIGRATIONS.filter((step) => step.version > version).flatMap(({ statements }) => statements(tables));
}

function createSchema({ schema }: Tables): string {
  return `CREATE SCHEMA IF NOT EXISTS ${schema}`;
}

/** `CREATE SCHEMA` asks for a right on the database even where there is nothing to create. */
export async function makeSchema(client: Client, tables: Tables): Promise<void> {
  const [known] = await rowsOf(client, { text: 'SELECT to_regnamespace($1)', values: [tables.schema] });
  if (known?.[0] == null) await client.query(createSchema(tables));
}

/** One migrator at a time per schema; nothing but migrations relies on this lock. */
const LOCK = "pg_advisory_lock(hashtextextended('plexspaces migrate ' || $1, 0))";

/** Runs `work` while no other migrator of this schema runs. @throws StorageUnavailableError, SchemaTooNewError */
export async function whileMigrating<T>(
  target: Target,
  tables: Tables,
  work: (client: Client, version: number) => Promise<T>,
): Promise<T> {
  const client = await connect(await loadDriver(), target, 'migrate');
  try {
    await client.query({ text: `SELECT ${LOCK}`, values: [tables.version] });
    const version = await schemaVersion(client, tables);
    if (version > SCHEMA_VERSION)
      throw new SchemaTooNewError(`Schema ${tables.schema} of ${target.label}`, version, SCHEMA_VERSION);
    return await work(client, version);
  } catch (error) {
    throw sqlState(error) === '' ? error : unavailable(target, error);
  } finally {
    destroy(client); // and with it the lock
  }
}

/** Brings the tables up to date, without TypeORM. @throws StorageUnavailableError, SchemaTooNewError */
export function migrate(target: Target, tables: Tables): Promise<void> {
  return whileMigrating(target, tables, async (client, version) => {
    const statements = statementsAfter(version, tables);
    if (statements.length === 0) return;
    await client.query('BEGIN');
    await makeSchema(client, tables);
    for (const statement of statements) {
      failpoint('migrate.midway');
      await rowsOf(client, { text: statement });
    }
    await client.query('COMMIT');
  });
}
