import {
  type DynamicModule,
  Inject,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { STORAGE, type Storage } from '#spi';
import { IN_MEMORY } from '../sqlite/connection';
import type { SqliteOptions } from '../sqlite/sqlite-file';
import { SqliteStorage } from '../sqlite/sqlite-storage';
import { assertSameDatabase } from './same-database';
import { SqliteCallerDialect } from './sqlite-caller-dialect';
import { migrateSqlite } from './sqlite-migrations';
import { TypeormCallerTransactions } from './typeorm-caller-transactions';
import { TypeormRows } from './typeorm-rows';

/** @publicApi */
export interface TypeormSqliteOptions extends SqliteOptions {
  /**
   * Where the application's entities are, for `ctx.rows`: a better-sqlite3 DataSource on the same file, or the token it is
   * provided under (`DataSource`, `getDataSourceToken('name')`). Default: none, and `ctx.rows` is refused.
   */
  readonly dataSource?: DataSource | InjectionToken;
  /** Modules that provide the token. `TypeOrmModule.forRoot()` is global and need not be named. */
  readonly imports?: NonNullable<ModuleMetadata['imports']>;
}

/**
 * A SQL database as the store of an application. It is opened while Nest boots, so a path that cannot be used stops
 * the start, by name and with a remedy; it is closed in `onApplicationShutdown`, after actors have drained.
 * @publicApi
 */
@Module({})
export class TypeormStorageModule implements OnApplicationShutdown {
  constructor(@Inject(STORAGE) private readonly storage: Storage & { close(): Promise<void> }) {}

  /**
   * A file of this process, made with its folder where it is not there; or ':memory:'.
   * The start fails with RowsDatabaseError when `dataSource` is not on that file.
   */
  static sqlite(path: string, { dataSource, imports = [], ...options }: TypeormSqliteOptions = {}): DynamicModule {
    const open = async (): Promise<SqliteStorage> => {
      const storage = await SqliteStorage.open(path, options, migrateSqlite);
      if (path !== IN_MEMORY) storage.callerTransactions = callerTransactionsOn(storage, path, options.durability);
      return storage;
    };
    const openWith = async (source: unknown): Promise<SqliteStorage> => {
      const storage = await open();
      try {
        storage.rows = new TypeormRows(await assertSameDatabase(source, path), path);
        return storage;
      } catch (error) {
        await storage.close();
        throw error;
      }
    };
    const provider =
      dataSource === undefined
        ? { useFactory: open }
        : isToken(dataSource)
          ? { inject: [dataSource], useFactory: openWith }
          : { useFactory: () => openWith(dataSource) };
    return {
      module: TypeormStorageModule,
      imports,
      providers: [{ provide: STORAGE, ...provider }],
      exports: [STORAGE],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}

function callerTransactionsOn(
  { journal }: SqliteStorage,
  path: string,
  durability: 'full' | 'relaxed' = 'full',
): TypeormCallerTransactions {
  return new TypeormCallerTransactions(new SqliteCallerDialect(path, durability), () => journal.isOpen);
}

function isToken(dataSource: DataSource | InjectionToken): dataSource is InjectionToken {
  return typeof dataSource !== 'object';
}
