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
import type { PostgresAddress, PostgresOptions } from '../postgres/options';
import { PostgresStorage } from '../postgres/postgres-storage';
import type { SqliteOptions } from '../sqlite/sqlite-file';
import { SqliteStorage } from '../sqlite/sqlite-storage';
import { runMigrations } from './postgres-migrations';
import { assertSameDatabase } from './same-database';
import { PostgresCallerDialect } from './postgres-caller-dialect';
import { postgresRows } from './row-dialect';
import { assertSamePostgres, whyOtherPostgres } from './same-postgres';
import { SqliteCallerDialect } from './sqlite-caller-dialect';
import { migrateSqlite } from './sqlite-migrations';
import { TypeormCallerTransactions } from './typeorm-caller-transactions';
import { TypeormRows } from './typeorm-rows';
import { TypeormTransactions } from './typeorm-transactions';

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

/** @publicApi */
export interface TypeormPostgresOptions extends PostgresOptions {
  /**
   * Where the application's entities are, for `ctx.rows` and `ctx.transact`: a postgres DataSource on the same database, or
   * the token it is provided under (`DataSource`, `getDataSourceToken('name')`). Default: none, and both are refused.
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
      if (path !== IN_MEMORY) {
        const dialect = new SqliteCallerDialect(path, options.durability ?? 'full');
        storage.callerTransactions = new TypeormCallerTransactions(dialect, () => storage.journal.isOpen);
      }
      return storage;
    };
    return provide(dataSource, imports, open, async (storage, source) => {
      storage.rows = new TypeormRows(await assertSameDatabase(source, path), path);
    });
  }

  /**
   * A schema of a Postgres database (12 or later), by `postgres://user:password@host:port/database` or its parts. Needs a
   * connection of one session: directly, or through a pooler in session mode.
   * The start fails with StorageUnavailableError, ServerTooOldError, UnsafeStorageError, SchemaTooNewError,
   * SchemaOutdatedError or InvalidStorageOptionError; with RowsDatabaseError when `dataSource` is on another database.
   */
  static postgres(
    address: PostgresAddress,
    { dataSource, imports = [], ...options }: TypeormPostgresOptions = {},
  ): DynamicModule {
    const prepare = async (...where: Parameters<typeof runMigrations>): Promise<void> => {
      await runMigrations(...where);
    };
    const open = async (): Promise<PostgresStorage> => {
      const storage = await PostgresStorage.open(address, options, prepare);
      const { database } = storage;
      const dialect = new PostgresCallerDialect(database, (source) => whyOtherPostgres(source, storage));
      storage.callerTransactions = new TypeormCallerTransactions(dialect, () => database.isOpen);
      return storage;
    };
    return provide(dataSource, imports, open, async (storage, source) => {
      const own = await assertSamePostgres(source, storage);
      storage.rows = new TypeormRows(own, storage.label, postgresRows(storage.database.tables));
      storage.transactions = new TypeormTransactions(own, storage.database);
    });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.storage.close();
  }
}

/** A module that opens its store when Nest asks for it; `connect` has what knows the application's entities. */
function provide<S extends { close(): Promise<void> }>(
  dataSource: DataSource | InjectionToken | undefined,
  imports: NonNullable<ModuleMetadata['imports']>,
  open: () => Promise<S>,
  connect: (storage: S, source: unknown) => Promise<void>,
): DynamicModule {
  const openWith = async (source: unknown): Promise<S> => {
    const storage = await open();
    try {
      await connect(storage, source);
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

function isToken(dataSource: DataSource | InjectionToken): dataSource is InjectionToken {
  return typeof dataSource !== 'object';
}
