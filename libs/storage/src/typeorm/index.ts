export { postgresMigrationSql, type PostgresStatus, postgresStatus } from '../postgres/migrate';
export type { PostgresAddress, PostgresConnectionOptions, PostgresOptions } from '../postgres/options';
export type { SqliteOptions } from '../sqlite/sqlite-file';
export { postgresEntitySchemas } from './postgres.entity-schema';
export { migratePostgres } from './postgres-migrations';
export { TypeormStorageModule, type TypeormPostgresOptions, type TypeormSqliteOptions } from './typeorm-storage.module';
