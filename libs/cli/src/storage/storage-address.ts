import { CommandUsageError } from '../errors';

/** Where the data lies, as `--storage` or PLEXSPACES_STORAGE say it. */
export interface StorageAddress {
  readonly kind: 'sqlite' | 'postgres' | 'redis' | 'memory';
  /** As it was given, for drivers only: it may hold a password. */
  readonly url: string;
  /** To be shown. */
  readonly label: string;
  /** What follows the scheme of `sqlite:`. */
  readonly path: string;
}

const SCHEMES: Readonly<Record<string, StorageAddress['kind']>> = {
  sqlite: 'sqlite',
  postgres: 'postgres',
  postgresql: 'postgres',
  redis: 'redis',
  rediss: 'redis',
  memory: 'memory',
};
const EXAMPLES = 'sqlite:./data.db, postgres://user@host/database or redis://host';

/** @throws CommandUsageError */
export function readAddress(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): StorageAddress {
  const url = given ?? env['PLEXSPACES_STORAGE'] ?? '';
  const source = given === undefined ? 'PLEXSPACES_STORAGE' : '--storage';
  if (url === '')
    throw new CommandUsageError(
      '--storage',
      `is missing: name the data, as in ${EXAMPLES}, here or in PLEXSPACES_STORAGE`,
    );
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) throw new CommandUsageError(source, `begins with no scheme; it is ${EXAMPLES}`);
  if (!Object.hasOwn(SCHEMES, scheme))
    throw new CommandUsageError(source, `has the unknown scheme ${scheme}:; it is ${EXAMPLES}`);
  const path = url.slice(scheme.length + 1);
  if (scheme === 'sqlite' && path === '') throw new CommandUsageError(source, 'names no file: sqlite:./data.db');
  return { kind: SCHEMES[scheme] as StorageAddress['kind'], url, label: hideSecrets(url), path };
}

/** Without user, password and parameters, any of which may be secret. */
export function hideSecrets(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(url)?.[0];
  if (scheme === undefined) return url;
  const rest = url.slice(scheme.length);
  return scheme + rest.slice(rest.lastIndexOf('@') + 1).replace(/[?#].*$/s, '');
}
