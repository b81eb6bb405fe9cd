import type { ClientConfig } from 'pg';
import { StorageUnavailableError } from '#spi';
import { type Driver, messageOf } from './driver';
import type { PostgresAddress, ResolvedOptions } from './options';

/** Where to connect to, and how to speak of it. */
export interface Target {
  /** For people: never with the password. */
  readonly label: string;
  readonly database: string;
  config(role: Role): ClientConfig;
}

/** What a connection is for; named so in pg_stat_activity. */
export type Role = 'writer' | 'reader' | 'lease' | 'watch' | 'migrate';

/**
 * A commit never waits for a plan: one made while a table was empty would go on scanning it when it is large, so the
 * writer is kept to its indexes. Compiling (jit) costs more than any of these statements.
 */
const WRITER_SETTINGS = ['plan_cache_mode=force_generic_plan', 'jit=off'];
/** What rows are read as (`hexBytes`), whatever is usual for this role or database. */
const READ_SETTINGS = ['bytea_output=hex'];
export const PLANNER_SETTINGS = ['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin'] as const;
const NAMES =
  'Give postgres://user:password@host:port/database, or its parts { host, port, user, password, database }.';

/** @throws StorageUnavailableError */
export function targetOf({ Client }: Driver, address: PostgresAddress, options: ResolvedOptions): Target {
  const own = typeof address === 'string' ? { connectionString: checkUrl(address) } : withoutGaps(address);
  let label: string;
  let database: string;
  try {
    const { user, host, port, database: name = '' } = new Client(own);
    database = name;
    label = `postgres://${user ?? ''}@${host.startsWith('/') ? encodeURIComponent(host) : host}:${port}/${name}`;
  } catch {
    throw unusable('the URL cannot be read'); // the driver's own words might hold the password
  }
  const { connectTimeoutMs, statementTimeoutMs, lockTimeoutMs } = options;
  const config = (role: Role): ClientConfig => ({
    ...own,
    application_name: `plexspaces ${role}`,
    keepAlive: true,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    // A server that is gone without a word stops nothing by itself.
    query_timeout: statementTimeoutMs + connectTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    ...(role === 'writer' || role === 'reader' ? { options: optionsOf(role) } : {}),
    ...(role === 'migrate' ? { statement_timeout: 0, query_timeout: 0, lock_timeout: 0 } : {}),
  });
  return { label, database, config };
}

function optionsOf(role: 'writer' | 'reader'): string {
  const own = role === 'reader' ? [] : [...WRITER_SETTINGS, ...PLANNER_SETTINGS.map((name) => `${name}=off`)];
  return [...READ_SETTINGS, ...own].map((setting) => `-c ${setting}`).join(' ');
}

function checkUrl(url: string): string {
  if (!/^postgres(ql)?:\/\//.test(url)) throw unusable('the URL does not begin with postgres://');
  return url;
}

function unusable(reason: string): StorageUnavailableError {
  return new StorageUnavailableError('the Postgres store', reason, { remedy: NAMES });
}

function withoutGaps<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** Why a connection could not be made, with a remedy, and never with a password. */
export function unavailable({ label, database }: Pick<Target, 'label' | 'database'>, error: unknown): Error {
  const [reason, remedy] = explain(error, database);
  return new StorageUnavailableError(label, reason, { remedy, cause: error });
}

function explain(error: unknown, database: string): [reason: string, remedy: string] {
  const message = messageOf(error);
  switch ((error as { readonly code?: unknown } | null)?.code) {
    case '28P01':
    case '28000':
      return [message, 'Check user and password, and pg_hba.conf on the server.'];
    case '3D000':
      return [message, `Create the database (createdb ${database}), or name another.`];
    case '42501':
      return [message, 'Grant this role CREATE on the database (for the schema) or on the schema (for its tables).'];
    case '53300':
      return [message, 'Raise max_connections on the server, or lower `readers`.'];
    case '57P03':
      return [message, 'The server is starting or stopping: try again.'];
    case 'ENOTFOUND':
      return [message, 'Check the host name.'];
    default:
      return [message, 'Check that the server runs, and that host and port are right.'];
  }
}
