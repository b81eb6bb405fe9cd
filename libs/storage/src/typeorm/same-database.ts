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
  const reason = await whyOtherFile(given as DataSource, path);
  return reason === null ? (given as DataSource) : refuse(reason);
}

/** Why a DataSource does not lie in the journal's file for good, or `null`. */
export async function whyOtherFile({ options }: DataSource, path: string): Promise<string | null> {
  if (options.type !== 'better-sqlite3') return `is of type ${options.type}`;
  if (options.dropSchema === true) return 'has dropSchema: true, which would drop the journal as well';
  const { database } = options;
  const [theirs, ours] = await Promise.all([database, path].map((file) => realpath(file).catch(() => null)));
  return theirs === null || theirs !== ours ? `is on ${database}` : null;
}
