import { type DynamicModule, Module } from '@nestjs/common';
import { PlexSpacesModule } from 'plexspaces';
import { Counter } from './counter';
import { CountersController } from './counters.controller';

/** Counters over HTTP, kept in the store that a URL names. */
@Module({})
export class CountersModule {
  static on(storage: string): DynamicModule {
    return {
      module: CountersModule,
      imports: [PlexSpacesModule.forRoot({ storage }), PlexSpacesModule.forFeature([Counter])],
      controllers: [CountersController],
    };
  }
}
