import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { type Duration, InvalidStorageOptionError, parseDuration } from '#spi';

/** Where a Postgres server is. @publicApi */
export interface PostgresConnectionOptions {
  /** Default: PGHOST, or localhost. A folder that begins with `/` is a Unix socket. */
  readonly host?: string;
  /** Default: PGPORT, or 5432. */
  readonly port?: number;
  /** Default: PGDATABASE, or the user's name. */
  readonly database?: string;
  /** Default: PGUSER, or the name of this process's user. */
  readonly user?: string;
  /** Or a function that gives it whenever a connection is made, for passwords that change. Never printed. */
  readonly password?: string | (() => string | Promise<string>);
  /** Default: none; options as `tls.connect` takes them. */
  readonly ssl?: boolean | TlsOptions;
}

/** A URL `postgres://user:password@host:port/database?sslmode=…`, or its parts. @publicApi */
export type PostgresAddress = string | PostgresConnectionOptions;

/** @publicApi */
export interface PostgresOptions {
  /** Schema of the store's tables; made where it is not there. Default: 'plexspaces'. */
  readonly schema?: string;
  /** Begins the name of each table, index and sequence. Default: 'ps_'. */
  readonly tablePrefix?: string;
  /**
   * Whether the start may make and change tables. Default: true, except where NODE_ENV is 'production'; there tables that
   * are missing or old are a SchemaOutdatedError, and `plexspaces migrate` is to be run by whoever deploys.
   */
  readonly migrate?: boolean;
  /**
   * Default 'full': `fsync`, `full_page_writes` and `synchronous_commit` are read, and a setting that would lose acknowledged
   * writes is an UnsafeStorageError. 'relaxed' does not look, and is for tests.
   */
  readonly durability?: 'full' | 'relaxed';
  /** Starts although a server, or a proxy before it, does not show those settings. Default: false. */
  readonly trustServer?: boolean;
  /** Connections for reading, checkpoints and housekeeping, beside the writer's and the lease's. Default: 4. */
  readonly readers?: number;
  /** How long a connection may take to be made, or a reader to become free. Default: 10 s. */
  readonly connectTimeout?: Duration;
  /** How long a statement may run, a group commit included. Default: 30 s. */
  readonly statementTimeout?: Duration;
  /** How long a commit waits for rows that another transaction has locked; then StoreBusyError, and nothing is lost. Default: 5 s. */
  readonly lockTimeout?: Duration;
}

export interface ResolvedOptions {
  readonly schema: string;
  readonly tablePrefix: string;
  readonly migrate: boolean;
  readonly durability: 'full' | 'relaxed';
  readonly trustServer: boolean;
  readonly readers: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

/** Lower case only: SQL folds what is not quoted, and people type names without quotes. */
const NAME = /^[a-z_][a-z0-9_]{0,39}$/;
const PREFIX = /^([a-z_][a-z0-9_]{0,29})?$/;

/** @throws InvalidStorageOptionError, InvalidDurationError */
export function resolveOptions(options: PostgresOptions = {}): ResolvedOptions {
  const { schema = 'plexspaces', tablePrefix = 'ps_', durability = 'full', readers = 4 } = options;
  const refuse = (option: string, given: unknown, needed: string): void => {
    throw new InvalidStorageOptionError(option, JSON.stringify(given) ?? String(given), needed);
  };
  if (!NAME.test(schema)) refuse('schema', schema, 'a name of a-z, 0-9 and _, of at most 40 characters');
  if (schema.startsWith('pg_')) refuse('schema', schema, 'another name: those that begin with pg_ are the server’s');
  if (!PREFIX.test(tablePrefix)) refuse('tablePrefix', tablePrefix, 'of a-z, 0-9 and _, at most 30 characters');
  if (durability !== 'full' && durability !== 'relaxed') refuse('durability', durability, "'full' or 'relaxed'");
  if (!Number.isInteger(readers) || readers < 1 || readers > 1_000)
    refuse('readers', readers, 'a number from 1 to 1000');
  const milliseconds = (option: 'connectTimeout' | 'statementTimeout' | 'lockTimeout', preset: Duration): number => {
    const ms = Math.ceil(parseDuration(options[option] ?? preset));
    if (ms < 1 || ms > 2 ** 31 - 1) refuse(option, options[option], 'between 1 ms and 24 days');
    return ms;
  };
  return {
    schema,
    tablePrefix,
    durability,
    readers,
    migrate: options.migrate ?? process.env['NODE_ENV'] !== 'production',
    trustServer: options.trustServer ?? false,
    connectTimeoutMs: milliseconds('connectTimeout', '10s'),
    statementTimeoutMs: milliseconds('statementTimeout', '30s'),
    lockTimeoutMs: milliseconds('lockTimeout', '5s'),
  };
}
