import { realpath } from 'node:fs/promises';
import type { DataSource } from 'typeorm';
import { RowsDatabaseError } from '#spi';

/**
 * One commit can hold journal and rows only when both lie in one file: ATTACH would make two commits of it, one per file.
 * @throws RowsDatabaseError
 */
export async function assertSameDatabase(dataSource: unknown, path: string): Promise<DataSource> {
  const given = dataSource as Partial<DataSource> | null | undefined;
  const refuse = (reason: string): never => {
    throw new RowsDatabaseError('The DataSource', reason, path);
  };
  if (given?.options === undefined || typeof given.getMetadata !== 'function')
    return refuse('is no DataSource of TypeORM');
  const { options } = given;
  if (options.type !== 'better-sqlite3') return refuse(`is of type ${options.type}`);
  if (options.dropSchema === true) return refuse('has dropSchema: true, which would drop the journal as well');
  const { database } = options;
  const [theirs, ours] = await Promise.all([database, path].map((file) => realpath(file).catch(() => null)));
  if (theirs === null || theirs !== ours) return refuse(`is on ${database}`);
  return given as DataSource;
}
