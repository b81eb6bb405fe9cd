import { type EncryptionOptions, Keyring, type OverlapMode, type PayloadCodec } from '#journal';
import { type Duration, parseDuration, type PersistentStorage, checkIdComponent } from '#spi';
import { InvalidOptionsError } from './errors';

/** Values: may come from configuration, so `forRootAsync` can compute them. @publicApi */
export interface PlexSpacesOptions {
  /** Names this node in journals, logs and leases. Default: made at start. */
  readonly nodeId?: string | undefined;
  /** Where refs of clients point that say nothing else. Default: `default` and `default`. */
  readonly scope?: { readonly tenant?: string | undefined; readonly namespace?: string | undefined } | undefined;
  /** How long an ask waits for its answer. Default '30s'. */
  readonly askTimeout?: Duration | undefined;
  /** How long a stopping node waits for running turns; give the platform's grace period more. Default '10s'. */
  readonly shutdownTimeout?: Duration | undefined;
  /**
   * Beyond so many virtual actors in memory the one that has rested longest leaves, as if its idle time were over; busy ones
   * never do. `virtualActor({ maxActive })` limits one class. Default: no limit but idle times.
   */
  readonly maxActiveActors?: number | undefined;
  /** `false`: nothing is started before `ActorSystem.start()`; accepted work waits. Default true. */
  readonly autoStart?: boolean | undefined;
  /**
   * The process stays up until the application is closed: for workers without a server, whose timers and reminders Node does not
   * wait for. Default false: it stays while a turn runs or an answer is awaited.
   */
  readonly keepAlive?: boolean | undefined;
  /** `global: true`: guards, pipes, interceptors and filters of the application (`APP_GUARD`, `useGlobalPipes`) also run around messages. Default false: they were written for HTTP. */
  readonly enhancers?: { readonly global?: boolean | undefined } | undefined;
  /** Larger arguments, answers and effect results are refused. Default 1 MB. */
  readonly payload?: { readonly maxBytes?: number | undefined } | undefined;
  /** How long the id of an ended message is remembered (P5). Older work is parked instead of run again. */
  readonly dedupe?:
    | {
        /** Ids that clients' refs make. Default '15m'. */
        readonly clientIds?: Duration | undefined;
        /** Idempotency keys, and ids that turns make. Default '24h'. */
        readonly keys?: Duration | undefined;
      }
    | undefined;
  /**
   * On a store that several processes can open one node owns it, and the others stand by. `ttl`: how long after the death of the
   * owner another node takes over, at most; from 500 ms to 10 minutes. Default '15s'.
   */
  readonly lease?: { readonly ttl?: Duration | undefined } | undefined;
  /** Watches for state that changes without being declared, which a crash would lose. Costs time per turn. Default: unless NODE_ENV is production. */
  readonly development?: boolean | undefined;
  /** Where `@Actor({ snapshot: true })` saves. */
  readonly snapshots?: { readonly storage: PersistentStorage } | undefined;
  /**
   * How values are written: `msgpack` is small and fast, `json` can be read in a SQL client. Both are read, whichever is
   * chosen now. Default 'msgpack'.
   */
  readonly codec?: PayloadCodec | undefined;
  /**
   * Encrypts whatever carries values before it reaches the store (AES-256-GCM); ids, times and sizes stay readable, and
   * so do the application's own rows. Default: off.
   */
  readonly encryption?: EncryptionOptions | undefined;
  /**
   * Writes of all actors share commits. `overlap`: whether answers are given while the next commit is under way, in halves,
   * which hides the work of the process behind that of a quick store, and makes twice as many commits. Default 'auto': as measured.
   */
  readonly groupCommit?: { readonly overlap?: OverlapMode | undefined } | undefined;
  /** Production refuses to start on a store that dies with the process, unless this is true. */
  readonly allowInMemoryStorage?: boolean | undefined;
}

/** DI token of {@link PlexSpacesOptions} as they were given, for tests to override. @publicApi */
export const PLEXSPACES_OPTIONS = Symbol.for('plexspaces:options');

/** DI token of {@link ResolvedOptions}. */
export const RESOLVED_OPTIONS = Symbol.for('plexspaces:resolved-options');

/** {@link PlexSpacesOptions}, checked, with defaults, spans in milliseconds. */
export interface ResolvedOptions {
  /** `null`: made at start. */
  readonly nodeId: string | null;
  readonly scope: { readonly tenant: string; readonly namespace: string };
  readonly askTimeoutMs: number;
  readonly shutdownTimeoutMs: number;
  /** `null`: no limit. */
  readonly maxActiveActors: number | null;
  readonly autoStart: boolean;
  readonly keepAlive: boolean;
  readonly globalEnhancers: boolean;
  readonly maxPayloadBytes: number;
  readonly dedupe: { readonly clientIdsMs: number; readonly keysMs: number };
  readonly leaseTtlMs: number;
  readonly development: boolean;
  readonly snapshots: PersistentStorage | null;
  readonly codec: PayloadCodec;
  /** `null`: off. */
  readonly encryption: Keyring | null;
  readonly overlap: OverlapMode;
  readonly allowInMemoryStorage: boolean;
}

const KNOWN = {
  nodeId: null,
  scope: ['tenant', 'namespace'],
  askTimeout: null,
  shutdownTimeout: null,
  maxActiveActors: null,
  autoStart: null,
  keepAlive: null,
  enhancers: ['global'],
  payload: ['maxBytes'],
  dedupe: ['clientIds', 'keys'],
  lease: ['ttl'],
  development: null,
  snapshots: ['storage'],
  codec: null,
  encryption: ['keys', 'current', 'acceptPlain'],
  groupCommit: ['overlap'],
  allowInMemoryStorage: null,
} as const satisfies Record<keyof PlexSpacesOptions, readonly string[] | null>;

/** Pure but for the default of `production`. @throws InvalidOptionsError naming the option */
export function resolveOptions(
  options: PlexSpacesOptions,
  production = process.env['NODE_ENV'] === 'production',
): ResolvedOptions {
  checkNames(options);
  const { scope, enhancers, payload, dedupe } = options;
  return {
    nodeId: options.nodeId === undefined ? null : id('nodeId', options.nodeId),
    scope: {
      tenant: id('scope.tenant', scope?.tenant ?? 'default'),
      namespace: id('scope.namespace', scope?.namespace ?? 'default'),
    },
    askTimeoutMs: span('askTimeout', options.askTimeout ?? '30s', 1),
    shutdownTimeoutMs: span('shutdownTimeout', options.shutdownTimeout ?? '10s', 0),
    maxActiveActors: options.maxActiveActors === undefined ? null : count('maxActiveActors', options.maxActiveActors),
    autoStart: flag('autoStart', options.autoStart ?? true),
    keepAlive: flag('keepAlive', options.keepAlive ?? false),
    globalEnhancers: flag('enhancers.global', enhancers?.global ?? false),
    maxPayloadBytes: bytes('payload.maxBytes', payload?.maxBytes ?? 1024 * 1024),
    dedupe: {
      clientIdsMs: span('dedupe.clientIds', dedupe?.clientIds ?? '15m', 1),
      keysMs: span('dedupe.keys', dedupe?.keys ?? '24h', 1),
    },
    leaseTtlMs: leaseTtl(options.lease?.ttl ?? '15s'),
    development: flag('development', options.development ?? !production),
    snapshots: snapshotStorage(options.snapshots),
    codec: oneOf('codec', CODECS, options.codec ?? 'msgpack'),
    encryption: keyring(options.encryption),
    overlap: oneOf('groupCommit.overlap', OVERLAPS, options.groupCommit?.overlap ?? 'auto'),
    allowInMemoryStorage: flag('allowInMemoryStorage', options.allowInMemoryStorage ?? false),
  };
}

function checkNames(options: unknown): void {
  if (!isRecord(options)) throw new InvalidOptionsError('forRoot()', 'is not an object');
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(KNOWN, name))
      throw new InvalidOptionsError(
        name,
        `is unknown. Known values: ${Object.keys(KNOWN).join(', ')}; storage, checkpoints, env and isGlobal stand beside useFactory, not in what it returns`,
      );
    refuseNull(name, value);
    const inner = KNOWN[name as keyof typeof KNOWN] as readonly string[] | null;
    if (inner === null || value === undefined) continue;
    if (!isRecord(value)) throw new InvalidOptionsError(name, `must be an object of ${inner.join(', ')}`);
    for (const [key, part] of Object.entries(value)) {
      if (!inner.includes(key))
        throw new InvalidOptionsError(`${name}.${key}`, `is unknown. Known: ${inner.join(', ')}`);
      refuseNull(`${name}.${key}`, part);
    }
  }
}

function refuseNull(option: string, value: unknown): void {
  if (value === null) throw new InvalidOptionsError(option, 'is null; leave it out for the default');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function id(option: string, value: unknown): string {
  return attempt(option, () => {
    checkIdComponent(option, value);
    return value;
  });
}

function span(option: string, value: Duration, least: number): number {
  const ms = attempt(option, () => parseDuration(value));
  if (ms < least) throw new InvalidOptionsError(option, `must be at least ${least} ms`);
  return ms;
}

/** Shorter, and a slow disk loses it; longer, and nobody serves for that long after a crash. */
function leaseTtl(value: Duration): number {
  const ms = span('lease.ttl', value, 500);
  if (ms > 600_000) throw new InvalidOptionsError('lease.ttl', 'must be at most 10 minutes');
  return ms;
}

function bytes(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new InvalidOptionsError(option, `must be a whole number of bytes from 1 up, not ${String(value)}`);
}

function count(option: string, value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new InvalidOptionsError(option, `must be a whole number from 1 up, not ${String(value)}`);
}

function flag(option: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionsError(option, `must be true or false, not ${String(value)}`);
}

function snapshotStorage(snapshots: PlexSpacesOptions['snapshots']): PersistentStorage | null {
  if (snapshots === undefined) return null;
  const storage = snapshots.storage as Partial<PersistentStorage> | undefined;
  if (typeof storage?.tryRead === 'function' && typeof storage.tryWrite === 'function') return snapshots.storage;
  throw new InvalidOptionsError('snapshots.storage', 'must have tryRead() and tryWrite()');
}

const CODECS: readonly PayloadCodec[] = ['msgpack', 'json'];
const OVERLAPS: readonly OverlapMode[] = ['auto', 'always', 'never'];

function oneOf<T extends string>(option: string, known: readonly T[], value: unknown): T {
  const found = known.find((name) => name === value);
  if (found !== undefined) return found;
  const given = typeof value === 'string' ? JSON.stringify(value) : typeof value;
  throw new InvalidOptionsError(option, `must be '${known.join("' or '")}', not ${given}`);
}

/** Never shows what was given: it may be a key. */
function keyring(encryption: EncryptionOptions | undefined): Keyring | null {
  if (encryption === undefined) return null;
  const { keys, current, acceptPlain = false }: Partial<EncryptionOptions> = encryption;
  if (!isRecord(keys)) throw new InvalidOptionsError('encryption.keys', 'must be an object of keys by their ids');
  if (typeof current !== 'string') throw new InvalidOptionsError('encryption.current', 'must be the id of a key');
  if (typeof acceptPlain !== 'boolean')
    throw new InvalidOptionsError('encryption.acceptPlain', 'must be true or false');
  return attempt('encryption', () => new Keyring({ keys, current, acceptPlain }));
}

function attempt<T>(option: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new InvalidOptionsError(option, `is refused: ${error instanceof Error ? error.message : String(error)}`);
  }
}
