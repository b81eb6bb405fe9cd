import type BetterSqlite3 from 'better-sqlite3';
import { MissingPackageError } from '#spi';

export type Driver = typeof BetterSqlite3;
export type Connection = BetterSqlite3.Database;

/** better-sqlite3 is optional: who never opens a SQLite store need not have it. @throws MissingPackageError */
export async function loadDriver(load: () => Promise<unknown> = () => import('better-sqlite3')): Promise<Driver> {
  try {
    const loaded = (await load()) as { default?: Driver };
    return loaded.default ?? (loaded as unknown as Driver);
  } catch (error) {
    throw new MissingPackageError('better-sqlite3', 'SqliteStorage', { cause: error });
  }
}

/** Codes of SQLite that speak about one statement's values; any other puts the connection itself in doubt. */
export function isAboutOneRow(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof TypeError) return true;
  return /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH)/.test(codeOf(error));
}

/** Another connection holds the write lock; this one is none the worse for it. */
export function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code; // errors of Node may come from another realm
  return typeof code === 'string' ? code : '';
}
