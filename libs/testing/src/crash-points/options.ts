import { type Duration, type Storage, parseDuration } from '#spi';
import { MemoryStorage } from '#storage/memory';
import { InvalidCrashPointOptionError } from '../errors';
import { parseBoundaryId } from './boundary';

/** @publicApi */
export interface CrashPointOptions {
  /** Makes an empty store, once per run; it is closed at the end of the run. Default: in memory. */
  readonly storage?: (() => Storage | Promise<Storage>) | undefined;
  /** Test this boundary alone, by the name that a failure gives it. Default: all. */
  readonly only?: string | undefined;
  /** 2: the recovery from each crash is tested likewise, with a second crash at each of its own boundaries. Default 1. */
  readonly depth?: 1 | 2 | undefined;
  /** More crash points than this are an error, before hours are spent on them. Default 1,000. */
  readonly maxBoundaries?: number | undefined;
  /** Virtual time that the scenario, the resuming of work and the invariant may each take. Default '1h'. */
  readonly maxVirtualTime?: Duration | undefined;
}

export interface ResolvedCrashPointOptions {
  readonly storage: () => Storage | Promise<Storage>;
  /** Where to die, one per life. */
  readonly only: readonly string[] | null;
  readonly depth: number;
  readonly maxBoundaries: number;
  readonly limitMs: number;
}

const KNOWN = ['storage', 'only', 'depth', 'maxBoundaries', 'maxVirtualTime'] satisfies (keyof CrashPointOptions)[];
const MAX_DEPTH = 2;

/** Pure. @throws InvalidCrashPointOptionError naming the option */
export function resolveCrashPointOptions(options: CrashPointOptions): ResolvedCrashPointOptions {
  if (typeof options !== 'object' || options === null) throw refused('options', 'must be an object');
  for (const name of Object.keys(options))
    if (!(KNOWN as string[]).includes(name)) throw refused(name, `is unknown. Known: ${KNOWN.join(', ')}`);
  const {
    storage = () => new MemoryStorage(),
    only,
    depth = 1,
    maxBoundaries = 1_000,
    maxVirtualTime = '1h',
  } = options;
  if (typeof storage !== 'function') throw refused('storage', 'must be a function that makes an empty store');
  if (!isWhole(depth) || depth > MAX_DEPTH) throw refused('depth', `must be 1 or 2, not ${String(depth)}`);
  if (!isWhole(maxBoundaries)) throw refused('maxBoundaries', `must be a whole number, not ${String(maxBoundaries)}`);
  return { storage, only: resolveOnly(only), depth, maxBoundaries, limitMs: resolveLimit(maxVirtualTime) };
}

function resolveOnly(only: unknown): readonly string[] | null {
  if (only === undefined) return null;
  const deaths = typeof only === 'string' ? parseBoundaryId(only) : null;
  if (deaths === null)
    throw refused(
      'only',
      `is ${JSON.stringify(only)}, which no boundary is called; an example is 'flush#7.afterApply', and 'flush#7.afterApply > flush#1.beforeApply' for a second crash in the recovery from the first`,
    );
  if (deaths.length > MAX_DEPTH) throw refused('only', `names ${deaths.length} crashes in a row; at most 2 are tested`);
  return deaths;
}

function resolveLimit(span: Duration): number {
  try {
    const ms = parseDuration(span);
    if (ms >= 1) return ms;
  } catch (error) {
    throw refused('maxVirtualTime', `is refused: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw refused('maxVirtualTime', 'must be at least 1 ms');
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function refused(option: string, reason: string): InvalidCrashPointOptionError {
  return new InvalidCrashPointOptionError(option, reason);
}
