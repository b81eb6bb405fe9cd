import { type DynamicModule, Module } from '@nestjs/common';
import { type PlexSpacesHealthOptions, resolveHealthOptions } from './health.options';
import { HEALTH_OPTIONS, PlexSpacesHealth } from './plexspaces-health';

/** Provides {@link PlexSpacesHealth} to whoever imports it. Needs `PlexSpacesModule.forRoot()` in the application. @publicApi */
@Module({})
export class PlexSpacesHealthModule {
  /** @throws InvalidOptionsError */
  static forRoot(options: PlexSpacesHealthOptions = {}): DynamicModule {
    return {
      module: PlexSpacesHealthModule,
      providers: [{ provide: HEALTH_OPTIONS, useValue: resolveHealthOptions(options) }, PlexSpacesHealth],
      exports: [PlexSpacesHealth],
    };
  }
}
