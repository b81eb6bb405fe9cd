import { type DynamicModule, Module } from '@nestjs/common';
import { PlexSpacesModule } from 'plexspaces';
import { TypeormStorageModule } from 'plexspaces/typeorm';
import { WithCheckpoints, WithoutCheckpoints } from './long-history';
import { RatesClient } from './rates-client';
import { RecoveryCommands } from './recovery-commands';
import { StockCommands } from './stock-commands';
import { StockItem } from './stock-item';
import { TourCommands } from './tour-commands';
import { TourCounter } from './tour-counter';
import { TurnWatch } from './turn-watch';

/** What the actors inject. */
@Module({ providers: [RatesClient, TurnWatch], exports: [RatesClient, TurnWatch] })
class OutsideModule {}

/** The application that is killed. `database`: a SQLite file; '' keeps everything in memory. */
@Module({})
export class WorkerModule {
  static on(database: string): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        PlexSpacesModule.forRoot(
          database === '' ? { allowInMemoryStorage: true } : { storage: TypeormStorageModule.sqlite(database) },
        ),
        PlexSpacesModule.forFeature([TourCounter, StockItem, WithCheckpoints, WithoutCheckpoints], {
          imports: [OutsideModule],
        }),
        OutsideModule,
      ],
      providers: [TourCommands, StockCommands, RecoveryCommands],
    };
  }
}
