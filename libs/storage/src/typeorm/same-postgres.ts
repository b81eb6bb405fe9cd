import type { DataSource } from 'typeorm';
import { RowsDatabaseError } from '#spi';
import type { PostgresStorage } from '../postgres/postgres-storage';

/** No two servers begin at the same microsecond. */
const WHERE_AM_I = "SELECT current_database() || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS place";
const SEARCH_PATH = "SELECT array_to_string(current_schemas(false), ', ')";
const REMEDY = 'Use an initialized postgres DataSource on that same database.';

/**
 * One commit can hold journal and rows only when both lie in one database.
 * @throws RowsDatabaseError
 */
export async function assertSamePostgres(dataSource: unknown, storage: PostgresStorage): Promise<DataSource> {
  const given = dataSource as Partial<DataSource> | null | undefined;
  const refuse = (reason: string): never => {
    throw new RowsDatabaseError('The DataSource', reason, storage.label, REMEDY);
  };
  if (given?.options === undefined || typeof given.getMetadata !== 'function')
    return refuse('is no DataSource of TypeORM');
  const source = given as DataSource;
  const reason = (await whyOtherPostgres(source, storage)) ?? (await whyOtherNames(source, storage));
  return reason === null ? source : refuse(reason);
}

/** Why a DataSource does not lie in the journal's database for good, or `null`. */
export async function whyOtherPostgres(source: DataSource, storage: PostgresStorage): Promise<string | null> {
  if (source.options.type !== 'postgres') return `is of type ${source.options.type}`;
  if (source.options.dropSchema) return 'has dropSchema: true, which may drop the journal as well';
  if (!source.isInitialized) return 'is not initialized';
  const [theirs] = await source.query<{ place: string }[]>(WHERE_AM_I);
  return theirs?.place === (await storage.ask(WHERE_AM_I)) ? null : 'is on another database';
}

/** Names of tables without a schema mean what the search path of a connection says, and rows are written over the journal's. */
async function whyOtherNames(source: DataSource, storage: PostgresStorage): Promise<string | null> {
  if ('schema' in source.options && source.options.schema !== undefined) return null;
  const [theirs] = await source.query<{ path: string }[]>(`${SEARCH_PATH} AS path`);
  const ours = await storage.ask(SEARCH_PATH);
  return theirs?.path === ours
    ? null
    : `looks for tables in ${theirs?.path}, and the journal in ${ours}: name its schema`;
}
