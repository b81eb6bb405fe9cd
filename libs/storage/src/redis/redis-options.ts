import type { ConnectionOptions } from 'node:tls';
import { StorageUnavailableError } from '#spi';

/** @publicApi */
export interface RedisOptions {
  /**
   * `redis://user:password@host:port/database`, or `rediss:` for TLS. Several, of the same cluster: any that answers tells where
   * the others are. A user or password has to be percent-encoded.
   */
  readonly url: string | readonly string[];
  /** The URL is one of a Redis Cluster. Default: true where several are given. */
  readonly cluster?: boolean;
  /** Beginning of every key: several applications may share a server. No braces, no spaces. Default: 'plexspaces'. */
  readonly prefix?: string;
  /** Default 'full': the server has to be set so that an acknowledged write survives a power cut. 'relaxed' does not look, and is for tests. */
  readonly durability?: 'full' | 'relaxed';
  /** Where the server does not let its settings be read (CONFIG is barred), take them for safe. Default: false, such a server is refused. */
  readonly trustServer?: boolean;
  /** How long a command may take, milliseconds; then its connection is given up and its outcome read back. Default: 10,000. */
  readonly timeoutMs?: number;
  /** For `rediss:`: certificates and the like, as Node's `tls.connect` takes them. */
  readonly tls?: ConnectionOptions;
  /** Hears of settings that are allowed but unwise. Default: `process.emitWarning`; the Nest module logs them. */
  readonly warn?: (message: string) => void;
}

/** Where one server listens, and how to come in. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** {@link RedisOptions} with their defaults, looked through. */
export interface RedisTarget {
  readonly endpoints: readonly Endpoint[];
  readonly cluster: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: ConnectionOptions | undefined;
  readonly prefix: string;
  readonly durability: 'full' | 'relaxed';
  readonly trustServer: boolean;
  readonly timeoutMs: number;
  readonly warn: (message: string) => void;
}

/** Never shows what it was given: a URL holds a password. @throws StorageUnavailableError */
export function targetOf(given: string | RedisOptions): RedisTarget {
  const options = typeof given === 'string' ? { url: given } : given;
  const urls = [options.url].flat().map(parse);
  const first = urls[0];
  if (first === undefined) throw refused('no URL is given');
  const { cluster = urls.length > 1, timeoutMs = 10_000 } = options;
  const database = first.pathname.length > 1 ? Number(first.pathname.slice(1)) : 0;
  if (!Number.isInteger(database) || database < 0) throw refused('the database in its path is not a number', first);
  if (cluster && database !== 0) throw refused('a Redis Cluster has database 0 only', first);
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1))
    throw refused(`timeoutMs is ${String(timeoutMs)}, not a number of milliseconds above 0`, first);
  return {
    endpoints: urls.map((url) => ({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 6379) })),
    cluster,
    username: decoded(first.username, first),
    password: decoded(first.password, first),
    database,
    tls: first.protocol === 'rediss:' ? { servername: first.hostname, ...options.tls } : undefined,
    prefix: options.prefix ?? 'plexspaces',
    durability: options.durability ?? 'full',
    trustServer: options.trustServer ?? false,
    timeoutMs,
    warn: options.warn ?? ((message) => process.emitWarning(message, 'PlexSpacesWarning')),
  };
}

function parse(text: unknown): URL {
  if (typeof text !== 'string' || !URL.canParse(text))
    throw refused('its URL cannot be read; it looks like redis://host:6379');
  const url = new URL(text);
  if (!['redis:', 'rediss:'].includes(url.protocol))
    throw refused(`the URL begins with ${url.protocol}, not with redis: or rediss:`);
  if (url.hostname === '') throw refused('its URL names no host');
  return url;
}

function decoded(part: string, url: URL): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    throw refused('user or password is not percent-encoded', url);
  }
}

function refused(reason: string, url?: URL): StorageUnavailableError {
  return new StorageUnavailableError(url === undefined ? 'Redis' : `Redis at ${url.host}`, reason);
}
