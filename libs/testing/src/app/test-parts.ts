import type { DynamicModule, ModuleMetadata, Provider, Type } from '@nestjs/common';
import type { PlexSpacesOptions } from '#core';
import { type CheckpointStorage, type Env, STORAGE, type Storage } from '#spi';
import { InvalidTestOptionError } from '../errors';
import type { FakeAnswers } from '../fakes/effect-fakes';

/** What an application under test is made of. @publicApi */
export interface TestParts extends Pick<ModuleMetadata, 'controllers'> {
  /** Actor classes. They find their dependencies among `providers` and what `imports` export. */
  readonly actors?: readonly Type<object>[];
  readonly providers?: readonly Provider[];
  /** Modules of the application. When one of them calls `PlexSpacesModule.forRoot` that is used, on the storage and the clock of the test. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
  /** A store that outlives the application, or a module that exports STORAGE. Default: memory, kept over crash and restart. */
  readonly storage?: Storage | DynamicModule | Type | undefined;
  /** Checkpoints somewhere else than in the store. */
  readonly checkpoints?: CheckpointStorage | undefined;
  /** Default: the real time. A ManualClock stands still until the test moves it. */
  readonly clock?: Env | undefined;
  /** Stand-ins for `@SideEffect` methods: `{ 'Counter.rate': 7, send: (to) => … }`. */
  readonly fakes?: FakeAnswers | undefined;
  /** Stand-ins for effects made by `ctx.sideEffect(name, …)`. */
  readonly inlineFakes?: FakeAnswers | undefined;
  /** `false`: values that the codec would change are let pass. Default: true. */
  readonly codecCheck?: boolean | undefined;
  /** Those of `forRoot`. */
  readonly options?: PlexSpacesOptions | undefined;
}

const KNOWN: ReadonlySet<string> = new Set<keyof TestParts>([
  'actors',
  'providers',
  'controllers',
  'imports',
  'storage',
  'checkpoints',
  'clock',
  'fakes',
  'inlineFakes',
  'codecCheck',
  'options',
]);

/** @throws InvalidTestOptionError */
export function checkParts(parts: TestParts): void {
  for (const option of Object.keys(parts))
    if (!KNOWN.has(option))
      throw new InvalidTestOptionError(option, `is no option of ActorTestingModule; it has ${[...KNOWN].join(', ')}`);
  const { clock, storage, codecCheck } = parts;
  if (clock !== undefined && !isEnv(clock))
    throw new InvalidTestOptionError(
      'clock',
      'must be a ManualClock, or another Env with now(), schedule() and the rest',
    );
  if (storage !== undefined && !isStorage(storage) && !isModule(storage))
    throw new InvalidTestOptionError('storage', 'must be a Storage, or a module that exports STORAGE');
  if (codecCheck !== undefined && typeof codecCheck !== 'boolean')
    throw new InvalidTestOptionError('codecCheck', 'must be true or false');
}

export function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'journal' in value && 'inbox' in value;
}

class KeptStorageModule {}

/** A module that exports `storage`. Nobody closes it: another application may be started on what is in it. */
export function keep(storage: Storage): DynamicModule {
  return { module: KeptStorageModule, providers: [{ provide: STORAGE, useValue: storage }], exports: [STORAGE] };
}

function isEnv(value: unknown): value is Env {
  const env = value as Partial<Record<keyof Env, unknown>> | null;
  return (
    typeof env === 'object' &&
    env !== null &&
    (['now', 'monotonic', 'schedule', 'immediate', 'random', 'id'] as const).every(
      (name) => typeof env[name] === 'function',
    )
  );
}

function isModule(value: unknown): value is DynamicModule | Type {
  return typeof value === 'function' || (typeof value === 'object' && value !== null && 'module' in value);
}
