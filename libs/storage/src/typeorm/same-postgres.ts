import type { DataSource } from 'typeorm';
import { RowsDatabaseError } from '#spi';
import type { PostgresStorage } from '../postgres/postgres-storage';

/** No two servers begin at the same microsecond. */
const WHERE_AM_I = "SELECT current_database() || ' ' || extract(epoch FROM pg_postmaster_start_time()) AS place";
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
  if (source.options.type !== 'postgres') return refuse(`is of type ${source.options.type}`);
  if (source.options.dropSchema) return refuse('has dropSchema: true, which may drop the journal as well');
  if (!source.isInitialized) return refuse('is not initialized');
  const [theirs] = await source.query<{ place: string }[]>(WHERE_AM_I);
  if (theirs?.place !== (await storage.ask(WHERE_AM_I))) return refuse('is on another database');
  return source;
}
