import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule, ModulesContainer } from '@nestjs/core';
import type { CheckpointStorage, Storage } from '#spi';
import { ActorExplorer } from './actor/actor.explorer';
import { ActorRegistry } from './actor/actor.registry';
import { clientTokensOf, provideFeature } from './actor/provide-actors';
import { checkStorage } from './check-storage';
import { ParkedExplorer } from './dead-letters/parked.explorer';
import { InvalidOptionsError } from './errors';
import { FacetExplorer } from './facet/facet.explorer';
import { ConfigurableModuleClass, type OPTIONS_TYPE } from './plexspaces.module-definition';
import { RESOLVED_OPTIONS, type ResolvedOptions } from './plexspaces.options';
import { CHECKPOINTS, CORE_EXPORTS, CORE_PROVIDERS, RUNTIME_STORAGE } from './plexspaces.providers';
import { ActorSystem } from './runtime/actor-system';
import { SupervisorExplorer } from './supervision/supervisor.explorer';

/** Holds the actors of one feature; apart from the core, so that features do not start a second one. */
@Module({})
class PlexSpacesFeatureModule {}

/**
 * The runtime of an application. `forRoot` once; `forFeature` where actors are.
 *
 * What there is is known before anything runs: classes are read and checked in `onModuleInit`, accepted work resumes
 * in `onApplicationBootstrap`, running turns are waited for in `beforeApplicationShutdown`, stores close after it.
 * @publicApi
 */
@Module({ imports: [DiscoveryModule], providers: CORE_PROVIDERS, exports: CORE_EXPORTS })
export class PlexSpacesModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('PlexSpaces');

  constructor(
    private readonly facets: FacetExplorer,
    private readonly actors: ActorExplorer,
    private readonly parked: ParkedExplorer,
    private readonly registry: ActorRegistry,
    private readonly supervisors: SupervisorExplorer,
    private readonly system: ActorSystem,
    private readonly modules: ModulesContainer,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(RUNTIME_STORAGE) private readonly storage: Storage,
    @Inject(CHECKPOINTS) private readonly checkpoints: CheckpointStorage | null,
  ) {
    super();
  }

  /** Values and structure together; all of it has defaults. `forRootAsync` computes the values. */
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return super.forRoot(options);
  }

  /**
   * Actor classes and what they depend on. Each actor can then be injected with `@InjectActor(Class)` by whoever
   * imports the module returned. Dependencies are found among `providers` given here, in modules of `imports`, and in
   * global modules; an actor that needs its own module's providers is listed there, with `provideActors(Class)`.
   */
  static forFeature(
    providers: readonly Provider[],
    { imports = [], exports = [] }: Pick<ModuleMetadata, 'imports' | 'exports'> = {},
  ): DynamicModule {
    return {
      module: PlexSpacesFeatureModule,
      imports,
      providers: provideFeature(providers),
      exports: [...clientTokensOf(providers), ...exports],
    };
  }

  async onModuleInit(): Promise<void> {
    const cores = [...this.modules.values()].filter((module) => module.metatype === PlexSpacesModule);
    if (cores.length > 1)
      throw new InvalidOptionsError(
        'forRoot()',
        `was called for ${cores.length} modules; an application has one runtime`,
      );
    this.facets.explore();
    this.parked.explore();
    this.registry.fill([...(await this.actors.explore(this.options.snapshots)), ...this.supervisors.own()]);
    this.system.supervision.define(this.supervisors.explore());
    const definitions = this.registry.all();
    checkStorage(this.storage, definitions, this.options);
    const { name, capabilities } = this.storage.journal;
    const kind = capabilities.persistent ? '' : ' (in memory: gone with this process)';
    if (this.options.encryption?.acceptsPlain === true)
      this.logger.warn(
        'encryption.acceptPlain is on: a record in the clear passes for one from before encryption, whoever wrote it.',
      );
    this.logger.log(`${definitions.length} actor types on ${name} storage${kind}`);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.options.autoStart) await this.system.start();
  }

  /**
   * The runtime is through with its store when this ends: Nest shuts a global module down last, after the module
   * that closes the store in its `onApplicationShutdown`.
   */
  async beforeApplicationShutdown(): Promise<void> {
    try {
      await this.system.drain();
    } finally {
      await this.system.close();
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.checkpoints?.close();
  }
}
