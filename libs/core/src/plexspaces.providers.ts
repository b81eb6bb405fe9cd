import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { type CheckpointStorage, ENV, type Env, STORAGE, type Storage, SystemEnv } from '#spi';
import { encryptStorage } from '#journal';
import { ActorExplorer } from './actor/actor.explorer';
import { ActorRegistry } from './actor/actor.registry';
import { AdmissionFactory } from './admission/admission-factory';
import { DeadLetters } from './dead-letters/dead-letters';
import { ParkedExplorer } from './dead-letters/parked.explorer';
import { FacetExplorer } from './facet/facet.explorer';
import { FacetRegistry } from './facet/facet.registry';
import {
  PLEXSPACES_OPTIONS,
  type PlexSpacesOptions,
  RESOLVED_OPTIONS,
  type ResolvedOptions,
  resolveOptions,
} from './plexspaces.options';
import { ActorSystem } from './runtime/actor-system';
import { SupervisorExplorer } from './supervision/supervisor.explorer';
import { RUNTIME_PROBE, type RuntimeProbe } from './runtime/runtime-probe';

/** Structure: Nest needs it before any factory runs, so it is given up front even to `forRootAsync`. @publicApi */
export interface PlexSpacesExtras {
  /**
   * A module that exports STORAGE; or a URL: `memory:`, `sqlite:./data.db`, `postgres://user:password@host/database`, `redis://host`, with
   * the options of that module behind a question mark, as in `?durability=relaxed`. A URL that makes no sense is an
   * InvalidStorageUrlError. Default: memory, for tests and trials.
   */
  readonly storage?: DynamicModule | Type | string | undefined;
  /** Keeps checkpoints somewhere else than the journal, e.g. in files. Closed with the application. */
  readonly checkpoints?: CheckpointStorage | undefined;
  /** Clock, timers, randomness and ids. Default: the real ones. */
  readonly env?: Env | undefined;
  /** Default true: actors of any module find the one runtime. */
  readonly isGlobal?: boolean | undefined;
}

/** The store the runtime works on: that of the storage module, its checkpoints elsewhere and encrypted where the options say so. */
export const RUNTIME_STORAGE = Symbol.for('plexspaces:runtime-storage');
export const CHECKPOINTS = Symbol.for('plexspaces:checkpoints');

export function provideExtras({ env, checkpoints }: PlexSpacesExtras): Provider[] {
  return [
    { provide: ENV, useFactory: () => env ?? new SystemEnv() },
    { provide: CHECKPOINTS, useValue: checkpoints ?? null },
  ];
}

export const CORE_PROVIDERS: Provider[] = [
  FacetRegistry,
  FacetExplorer,
  ActorExplorer,
  ActorRegistry,
  AdmissionFactory,
  SupervisorExplorer,
  ParkedExplorer,
  { provide: DeadLetters, inject: [ActorSystem], useFactory: (system: ActorSystem) => new DeadLetters(system) },
  {
    provide: RESOLVED_OPTIONS,
    inject: [PLEXSPACES_OPTIONS],
    useFactory: (options: PlexSpacesOptions) => resolveOptions(options),
  },
  {
    provide: RUNTIME_STORAGE,
    inject: [STORAGE, CHECKPOINTS, RESOLVED_OPTIONS],
    useFactory: (storage: Storage, checkpoints: CheckpointStorage | null, { encryption }: ResolvedOptions): Storage => {
      const whole = checkpoints === null ? storage : withCheckpoints(storage, checkpoints);
      return encryption === null ? whole : encryptStorage(whole, encryption);
    },
  },
  {
    provide: ActorSystem,
    inject: [
      ActorRegistry,
      FacetRegistry,
      RUNTIME_STORAGE,
      ENV,
      RESOLVED_OPTIONS,
      { token: RUNTIME_PROBE, optional: true },
    ],
    useFactory: (
      registry: ActorRegistry,
      facets: FacetRegistry,
      storage: Storage,
      env: Env,
      options: ResolvedOptions,
      probe?: RuntimeProbe,
    ) => new ActorSystem({ registry, facets, storage, env, options, probe: probe ?? null }),
  },
];

function withCheckpoints(storage: Storage, checkpoints: CheckpointStorage): Storage {
  const { journal, inbox, leases, openedWith = {}, rows, callerTransactions, transactions } = storage;
  return { journal, inbox, checkpoints, leases, openedWith, rows, callerTransactions, transactions };
}

export const CORE_EXPORTS = [ActorSystem, DeadLetters, ActorRegistry, FacetRegistry, ENV, RESOLVED_OPTIONS];
