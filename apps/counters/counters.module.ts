import { type DynamicModule, Module } from '@nestjs/common';
import { PlexSpacesModule } from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { Counter } from './counter';
import { CountersController } from './counters.controller';

/** Counters over HTTP, kept in one SQLite file. */
@Module({})
export class CountersModule {
  static on(database: string): DynamicModule {
    return {
      module: CountersModule,
      imports: [
        PlexSpacesModule.forRoot({ storage: TypeormStorageModule.sqlite(database) }),
        PlexSpacesModule.forFeature([Counter]),
      ],
      controllers: [CountersController],
    };
  }
}
