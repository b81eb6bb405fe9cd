import { InvalidStorageUrlError } from '#spi';
import { SCHEMES, type SchemeName } from './schemes';

/** A storage URL, taken apart. */
export interface StorageUrl {
  readonly scheme: SchemeName;
  /** Path of the file, or the URL as its driver takes it. */
  readonly target: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** For people and logs: without user, password and options. */
  readonly label: string;
}

/** Pure. @throws InvalidStorageUrlError, which repeats neither user nor password */
export function parseStorageUrl(given: unknown): StorageUrl {
  if (typeof given !== 'string' || given.trim() === '') throw new InvalidStorageUrlError('is empty, or no string');
  const text = given.trim();
  const scheme = schemeOf(text);
  const [target, query] = splitAtQuery(text);
  const { isServer } = SCHEMES[scheme];
  const { options, passed } = readQuery(scheme, query);
  if (!isServer) {
    const path = pathOf(scheme, target);
    return { scheme, target: path, options, label: `${scheme}:${path}` };
  }
  const url = readServer(scheme, target);
  return {
    scheme,
    target: passed === '' ? target : `${target}?${passed}`,
    options,
    label: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`,
  };
}

/** What a log may say of it. @throws InvalidStorageUrlError @publicApi */
export function describeStorageUrl(url: string): string {
  return parseStorageUrl(url).label;
}

const ALIASES: Readonly<Record<string, SchemeName>> = { postgresql: 'postgres', rediss: 'redis' };

function schemeOf(text: string): SchemeName {
  const name = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (name === undefined) throw new InvalidStorageUrlError('has no scheme');
  const scheme = ALIASES[name] ?? name;
  if (Object.hasOwn(SCHEMES, scheme)) return scheme as SchemeName;
  throw new InvalidStorageUrlError(
    text.startsWith(`${name}://`) ? `begins with ${name}:, which is no storage` : 'has an unknown scheme',
  );
}

function splitAtQuery(text: string): [target: string, query: string] {
  const at = text.indexOf('?');
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function readQuery(scheme: SchemeName, query: string): { options: Record<string, unknown>; passed: string } {
  const { options: known, driver } = SCHEMES[scheme];
  const options: Record<string, unknown> = {};
  const passed = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(query)) {
    if (Object.hasOwn(options, name)) throw new InvalidStorageUrlError(`has the option ${name} twice`);
    const read = Object.hasOwn(known, name) ? known[name] : undefined;
    if (read !== undefined) options[name] = readOption(name, value, read);
    else if (driver.includes(name)) passed.append(name, value);
    else
      throw new InvalidStorageUrlError(
        `has the option ${JSON.stringify(name)}, which ${scheme} storage does not. Known: ${[...Object.keys(known), ...driver].join(', ') || 'none'}`,
      );
  }
  return { options, passed: passed.toString() };
}

function readOption(name: string, value: string, read: (value: string) => unknown): unknown {
  const result = read(value);
  if (result === undefined) throw new InvalidStorageUrlError(`gives the option ${name} a value it cannot have`);
  return result;
}

function pathOf(scheme: SchemeName, target: string): string {
  const raw = target.slice(scheme.length + 1);
  if (scheme === 'memory') {
    if (raw !== '' && raw !== '//') throw new InvalidStorageUrlError('names a place behind memory:, which has none');
    return '';
  }
  let path: string;
  try {
    path = decodeURIComponent(raw.replace(/^\/\/(?=[/.])/, ''));
  } catch {
    throw new InvalidStorageUrlError('has a path that is not percent-encoded as it should');
  }
  if (path === '' || path.startsWith('//') || path.includes('\0'))
    throw new InvalidStorageUrlError('names no file behind sqlite:');
  return path;
}

function readServer(scheme: SchemeName, target: string): URL {
  const looksRight = /^[a-z]+:\/\/[^/]/i.test(target) && URL.canParse(target);
  const url = looksRight ? new URL(target) : null;
  if (url === null || url.hostname === '')
    throw new InvalidStorageUrlError(
      `of ${scheme} cannot be read; special characters in user and password are to be percent-encoded`,
    );
  return url;
}
