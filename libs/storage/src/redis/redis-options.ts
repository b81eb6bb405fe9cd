import type { ConnectionOptions } from 'node:tls';
import { InvalidStorageOptionError } from '#spi';

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

/** Never shows what it was given: a URL holds a password. @throws InvalidStorageOptionError */
export function targetOf(given: string | RedisOptions): RedisTarget {
  const options = typeof given === 'string' ? { url: given } : given;
  const urls = [options.url].flat().map(parse);
  const first = urls[0];
  if (first === undefined) throw new InvalidStorageOptionError('url', 'an empty list', URL_FORM);
  const { cluster = urls.length > 1, timeoutMs = 10_000, prefix = 'plexspaces' } = options;
  const database = first.pathname.length > 1 ? Number(first.pathname.slice(1)) : 0;
  if (!Number.isInteger(database) || database < 0)
    throw new InvalidStorageOptionError(
      'url',
      `of ${first.host} with ${first.pathname}`,
      'with a number of a database, or none',
    );
  if (cluster && database !== 0)
    throw new InvalidStorageOptionError('url', `of database ${database}`, '0 on a Redis Cluster');
  if (!(timeoutMs > 0 && timeoutMs <= MOST_MS))
    throw new InvalidStorageOptionError(
      'timeoutMs',
      String(timeoutMs),
      `a number of milliseconds from 1 to ${MOST_MS}`,
    );
  if (!/^[^{}\s]+$/.test(prefix))
    throw new InvalidStorageOptionError('prefix', JSON.stringify(prefix), 'a text without braces and spaces');
  return {
    endpoints: urls.map((url) => ({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || 6379) })),
    cluster,
    username: decoded(first.username, first),
    password: decoded(first.password, first),
    database,
    tls: first.protocol === 'rediss:' ? { servername: first.hostname, ...options.tls } : undefined,
    prefix,
    durability: options.durability ?? 'full',
    trustServer: options.trustServer ?? false,
    timeoutMs,
    warn: options.warn ?? ((message) => process.emitWarning(message, 'PlexSpacesWarning')),
  };
}

const MOST_MS = 2 ** 31 - 1;
const URL_FORM = 'such as redis://user:password@host:6379, or rediss: for TLS';

function parse(text: unknown): URL {
  if (typeof text !== 'string' || !URL.canParse(text))
    throw new InvalidStorageOptionError('url', 'not to be read', URL_FORM);
  const url = new URL(text);
  if (!['redis:', 'rediss:'].includes(url.protocol))
    throw new InvalidStorageOptionError('url', `one of ${url.protocol}`, URL_FORM);
  if (url.hostname === '') throw new InvalidStorageOptionError('url', 'without a host', URL_FORM);
  return url;
}

function decoded(part: string, url: URL): string | undefined {
  try {
    return part === '' ? undefined : decodeURIComponent(part);
  } catch {
    throw new InvalidStorageOptionError(
      'url',
      `of ${url.host} with a user or password that is not percent-encoded`,
      URL_FORM,
    );
  }
}
