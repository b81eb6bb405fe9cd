import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { STORAGE } from '#spi';
import type { SqliteOptions } from '../sqlite/sqlite-file';
import { SqliteStorage } from '../sqlite/sqlite-storage';
import { migrateSqlite } from './sqlite-migrations';

/**
 * A SQL database as the store of an application. It is opened while Nest boots, so a path that cannot be used stops
 * the start, by name and with a remedy; it is closed in `onApplicationShutdown`, after actors have drained.
 * @publicApi
 */
@Module({})
export class TypeormStorageModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: SqliteStorage) {}

  /** A file of this process, made with its folder where it is not there; or ':memory:'. */
  static sqlite(path: string, options: SqliteOptions = {}): DynamicModule {
    return {
      module: TypeormStorageModule,
      providers: [{ provide: STORAGE, useFactory: () => SqliteStorage.open(path, options, migrateSqlite) }],
      exports: [STORAGE],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}
