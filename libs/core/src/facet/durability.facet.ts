import type { Retention } from '#journal';
import type { Duration } from '#spi';
import { compileOptions } from './check-options';
import type { ConfigOption, FacetSpec } from './facet';
import { readRetention, whyNoRetention } from './retention-option';

/** Options of `durability()`; the reference documents' names are accepted as aliases. @publicApi */
export interface DurabilityOptions {
  /** Completed messages between checkpoints. Default 1000. Alias: `checkpointInterval`. */
  readonly checkpointEvery?: number;
  readonly checkpointInterval?: number;
  /** Also take a checkpoint when this much time has passed since the last and something was processed. Default: off. */
  readonly snapshotInterval?: Duration;
  /** A checkpoint attempt that takes longer is abandoned, warned about, and tried again at the next interval. Default: none. */
  readonly checkpointTimeout?: Duration;
  /** `false`: an activation begins from the initial state, as a recorded reset; history is kept. Default true. Alias: `replayOnRestart`. */
  readonly replayOnActivation?: boolean;
  readonly replayOnRestart?: boolean;
  /** `false`: effect results are not recorded; after a crash or retry effects run again under the same idempotency key. Default true. */
  readonly cacheSideEffects?: boolean;
  /** Of checkpoints. Default 'zstd'. */
  readonly compression?: 'none' | 'zstd';
  /** Checkpoints kept, at least 2. Default 2. */
  readonly keepCheckpoints?: number;
  /**
   * What of the journal is kept behind the oldest checkpoint: `'history'` all of it (the default), `'checkpoint'` nothing, or at
   * least this much. Cut when a checkpoint has been saved, and never beyond the older of two that can be read.
   */
  readonly retention?: RetentionOption;
  /** Which storage the application must be running on; refused at start when it is another. Alias: `journalBackend`. */
  readonly backend?: 'memory' | 'sqlite' | 'postgres' | 'redis';
  readonly journalBackend?: 'memory' | 'sqlite' | 'postgres' | 'redis';
  /** Options the backend must have been opened with, e.g. `{ path }`; refused at start when they differ. */
  readonly backendConfig?: Readonly<Record<string, unknown>>;
}

/** See {@link DurabilityOptions.retention}. Of both bounds, the one that keeps more counts. @publicApi */
export type RetentionOption =
  'history' | 'checkpoint' | { readonly keepEntries?: number | undefined; readonly keepFor?: Duration | undefined };

/** {@link DurabilityOptions}, checked, with defaults. */
export interface DurabilityConfig {
  readonly checkpointEvery: number;
  readonly snapshotIntervalMs: number | null;
  readonly checkpointTimeoutMs: number | null;
  readonly replayOnActivation: boolean;
  readonly cacheSideEffects: boolean;
  readonly compression: 'none' | 'zstd';
  readonly keepCheckpoints: number;
  /** `null`: all history. */
  readonly retention: Retention | null;
  readonly backend: string | null;
  readonly backendConfig: Readonly<Record<string, unknown>> | null;
}

export const DURABILITY = 'durability';

const BACKENDS = ['memory', 'sqlite', 'postgres', 'redis'];

export const DURABILITY_OPTIONS: readonly ConfigOption[] = [
  {
    key: 'checkpointEvery',
    alias: ['checkpointInterval', 'checkpoint_interval'],
    type: 'number',
    default: 1000,
    description: 'Completed messages between checkpoints.',
    check: wholeFrom(1),
  },
  {
    key: 'snapshotInterval',
    alias: 'snapshot_interval',
    type: 'duration',
    description: 'Also a checkpoint when this much time has passed and something was processed. Default: off.',
    check: aboveZero,
  },
  {
    key: 'checkpointTimeout',
    alias: 'checkpoint_timeout',
    type: 'duration',
    description: 'A checkpoint attempt that takes longer is abandoned. Default: none.',
    check: aboveZero,
  },
  {
    key: 'replayOnActivation',
    alias: ['replayOnRestart', 'replay_on_activation', 'replay_on_restart'],
    type: 'boolean',
    default: true,
    description: 'false: an activation begins from the initial state, as a recorded reset; history is kept.',
  },
  {
    key: 'cacheSideEffects',
    alias: 'cache_side_effects',
    type: 'boolean',
    default: true,
    description: 'false: effect results are not recorded; effects may run again under the same idempotency key.',
  },
  {
    key: 'compression',
    type: 'string',
    default: 'zstd',
    oneOf: ['none', 'zstd'],
    description: 'Of checkpoints.',
  },
  {
    key: 'keepCheckpoints',
    alias: 'keep_checkpoints',
    type: 'number',
    default: 2,
    description: 'Checkpoints kept.',
    check: wholeFrom(2),
  },
  {
    key: 'retention',
    default: 'history',
    description: "History behind the oldest checkpoint: 'history', 'checkpoint' or { keepEntries, keepFor }.",
    check: whyNoRetention,
  },
  {
    key: 'backend',
    alias: ['journalBackend', 'journal_backend'],
    type: 'string',
    oneOf: BACKENDS,
    description: 'Which storage the application must be running on.',
  },
  {
    key: 'backendConfig',
    alias: 'backend_config',
    type: 'object',
    description: 'Options the backend must have been opened with.',
  },
];

const check = compileOptions(DURABILITY, DURABILITY_OPTIONS);

/** Makes an actor durable: journal, checkpoints, recovery, exactly once. Priority 50. @publicApi */
export function durability(options: DurabilityOptions = {}): FacetSpec {
  return { name: DURABILITY, config: { ...options } };
}

/** @throws InvalidFacetConfigError naming the option */
export function resolveDurability(config: Readonly<Record<string, unknown>>): DurabilityConfig {
  return checkDurability(config).config;
}

export function checkDurability(given: Readonly<Record<string, unknown>>) {
  // The reference writes `compression: None`, which says something: do not compress.
  const options = check(given['compression'] === null ? { ...given, compression: 'none' } : given);
  const { snapshotInterval = null, checkpointTimeout = null, backend = null, backendConfig = null } = options;
  const config = Object.freeze({
    checkpointEvery: options['checkpointEvery'],
    snapshotIntervalMs: snapshotInterval,
    checkpointTimeoutMs: checkpointTimeout,
    replayOnActivation: options['replayOnActivation'],
    cacheSideEffects: options['cacheSideEffects'],
    compression: options['compression'],
    keepCheckpoints: options['keepCheckpoints'],
    retention: readRetention(options['retention'] as RetentionOption),
    backend,
    backendConfig,
  } as DurabilityConfig);
  return { config, options };
}

function wholeFrom(least: number): (value: unknown) => string | undefined {
  return (value) =>
    Number.isSafeInteger(value) && (value as number) >= least ? undefined : `must be a whole number from ${least} up`;
}

function aboveZero(ms: unknown): string | undefined {
  return (ms as number) > 0 ? undefined : 'must be above 0';
}
