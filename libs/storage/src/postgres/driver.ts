import type * as Pg from 'pg';
import { isPlexSpacesError, MissingPackageError, type RowViolation } from '#spi';

export type Driver = typeof Pg;

/** pg is an optional peer: who never opens a Postgres store need not have it. @throws MissingPackageError */
export async function loadDriver(load: () => Promise<unknown> = () => import('pg')): Promise<Driver> {
  try {
    const loaded = (await load()) as { default?: Driver };
    return loaded.default ?? (loaded as unknown as Driver);
  } catch (error) {
    throw new MissingPackageError('pg', 'PostgresStorage', { cause: error });
  }
}

/** What the server said; `''` when it was not the server. */
export function sqlState(error: unknown): string {
  const { code, severity } = (error ?? {}) as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === 'string' && typeof severity === 'string' ? code : '';
}

/** The server refused one statement, and the connection goes on. Anything else puts it in doubt. */
export function isRefusal(error: unknown): boolean {
  return sqlState(error) !== '' && (error as { readonly severity: string }).severity === 'ERROR';
}

/**
 * The connection is as good as before: what was refused was a statement, or a row was read that cannot be. Whoever had begun a
 * transaction on it ends it then, or what comes next would be done inside it.
 */
export function leavesConnection(error: unknown): boolean {
  return isRefusal(error) || isPlexSpacesError(error);
}

/** Codes that speak about one write's values: data, constraints, sizes. */
export function isAboutOneWrite(error: unknown): boolean {
  return /^(22|23|54)/.test(sqlState(error));
}

/** Two transactions stood in each other's way, and this one was undone: run it again as a whole. */
export function isTransient(error: unknown): boolean {
  return sqlState(error).startsWith('40');
}

/** Somebody else held a lock for longer than `lockTimeout`. */
export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === '55P03';
}

/**
 * Wrong in itself, whatever state the server is in: values, constraints, syntax, names, rights, what a trigger raises.
 * Not so: rollbacks (40), resources (53), limits and locks of the server (55), operator and timeouts (57), the system (58, XX).
 */
export function isAboutStatement(error: unknown): boolean {
  return isRefusal(error) && !/^(08|25|3D|40|53|55|57|58|F0|XX)/.test(sqlState(error));
}

export function violationOf(error: unknown): RowViolation {
  switch (sqlState(error)) {
    case '23505':
    case '23P01':
      return 'unique';
    case '23503':
    case '23001':
      return 'foreignKey';
    case '23502':
      return 'notNull';
    case '23514':
    case '44000':
      return 'check';
    default:
      return 'other';
  }
}

export function messageOf(error: unknown): string {
  // Node reports a name with several addresses as an AggregateError without a message.
  const { message, errors, code } = (error ?? {}) as { message?: string; errors?: unknown[]; code?: string };
  if (message !== undefined && message !== '') return message;
  return errors?.[0] === undefined ? (code ?? String(error)) : messageOf(errors[0]);
}
