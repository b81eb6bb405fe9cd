import { type Duration, parseDuration } from '#spi';
import { InvalidOptionsError } from '../errors';

/** @publicApi */
export interface PlexSpacesHealthOptions {
  /** A node whose writes, or whose search for due work, stand still for so long is not ready. Default '10s'. */
  readonly standstill?: Duration | undefined;
  /** How long the store may take to answer. Default '2s'. */
  readonly storageTimeout?: Duration | undefined;
  /** Is a node that stands by ready? It refuses every message. Default false. */
  readonly standByIsReady?: boolean | undefined;
  /** How many actors in trouble are named; their number is always given. Default 20. */
  readonly list?: number | undefined;
  /** Beyond any of these the node is degraded. */
  readonly resources?:
    | {
        /** A folder on the disk that the store writes to. Default: no disk is looked at. */
        readonly diskPath?: string | undefined;
        /** Default 256 MB. */
        readonly minFreeBytes?: number | undefined;
        /** Memory of the process. Default: what the container or the machine allows. */
        readonly maxRssBytes?: number | undefined;
        /** Share of the heap that V8 allows, from 0 to 1. Default 0.9. */
        readonly maxHeapShare?: number | undefined;
        /** How late timers may be. Default '1s'. */
        readonly maxLag?: Duration | undefined;
      }
    | undefined;
}

/** {@link PlexSpacesHealthOptions}, checked, with defaults. */
export interface ResolvedHealthOptions {
  readonly standstillMs: number;
  readonly storageTimeoutMs: number;
  readonly standByIsReady: boolean;
  readonly list: number;
  readonly diskPath: string | null;
  readonly minFreeBytes: number;
  /** `null`: what the container or the machine allows. */
  readonly maxRssBytes: number | null;
  readonly maxHeapShare: number;
  readonly maxLagMs: number;
}

const KNOWN = ['standstill', 'storageTimeout', 'standByIsReady', 'list', 'resources'];
const RESOURCES = ['diskPath', 'minFreeBytes', 'maxRssBytes', 'maxHeapShare', 'maxLag'];

/** @throws InvalidOptionsError naming the option */
export function resolveHealthOptions(options: PlexSpacesHealthOptions = {}): ResolvedHealthOptions {
  const { resources = {} } = options;
  checkNames('health', options, KNOWN);
  checkNames('health.resources', resources, RESOURCES);
  const { maxRssBytes, diskPath, maxHeapShare = 0.9 } = resources;
  if (!(maxHeapShare > 0 && maxHeapShare <= 1))
    throw new InvalidOptionsError(
      'health.resources.maxHeapShare',
      `must be above 0 and at most 1, not ${maxHeapShare}`,
    );
  return {
    standstillMs: span('standstill', options.standstill ?? '10s'),
    storageTimeoutMs: span('storageTimeout', options.storageTimeout ?? '2s'),
    standByIsReady: options.standByIsReady ?? false,
    list: whole('list', options.list ?? 20),
    diskPath: diskPath ?? null,
    minFreeBytes: whole('resources.minFreeBytes', resources.minFreeBytes ?? 256 * 1024 * 1024),
    maxRssBytes: maxRssBytes === undefined ? null : whole('resources.maxRssBytes', maxRssBytes),
    maxHeapShare,
    maxLagMs: span('resources.maxLag', resources.maxLag ?? '1s'),
  };
}

function checkNames(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new InvalidOptionsError(`${where}.${name}`, `is unknown. Known: ${known.join(', ')}`);
}

function span(option: string, value: Duration): number {
  try {
    const ms = parseDuration(value);
    if (ms >= 1) return ms;
  } catch {
    // said below
  }
  throw new InvalidOptionsError(`health.${option}`, `must be a duration of at least 1 ms, not ${String(value)}`);
}

function whole(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidOptionsError(`health.${option}`, `must be a whole number from 1 up, not ${value}`);
}
