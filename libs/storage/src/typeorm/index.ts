export type { SqliteOptions } from '../sqlite/sqlite-file';
export { TypeormStorageModule, type TypeormSqliteOptions } from './typeorm-storage.module';
