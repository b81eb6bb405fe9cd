import { ConfigurableModuleBuilder } from '@nestjs/common';
import { StorageByUrlModule } from '#storage/by-url';
import { MemoryStorageModule } from '#storage/memory';
import { PLEXSPACES_OPTIONS, type PlexSpacesOptions } from './plexspaces.options';
import { type PlexSpacesExtras, provideExtras } from './plexspaces.providers';

/** Written by `forRootAsync({ useClass })`'s class. @publicApi */
export interface PlexSpacesOptionsFactory {
  createPlexSpacesOptions(): PlexSpacesOptions | Promise<PlexSpacesOptions>;
}

const extras: PlexSpacesExtras = {
  storage: MemoryStorageModule,
  checkpoints: undefined,
  env: undefined,
  isGlobal: true,
};

export const { ConfigurableModuleClass, OPTIONS_TYPE } = new ConfigurableModuleBuilder<PlexSpacesOptions>({
  moduleName: 'PlexSpaces',
  optionsInjectionToken: PLEXSPACES_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createPlexSpacesOptions')
  .setExtras<PlexSpacesExtras>(extras, (definition, given) => {
    const storage =
      typeof given.storage === 'string' ? StorageByUrlModule.of(given.storage) : (given.storage ?? MemoryStorageModule);
    return {
      ...definition,
      global: given.isGlobal ?? true,
      imports: [...(definition.imports ?? []), storage],
      providers: [...(definition.providers ?? []), ...provideExtras(given)],
      exports: [...(definition.exports ?? []), PLEXSPACES_OPTIONS, storage],
    };
  })
  .build();
