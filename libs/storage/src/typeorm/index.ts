export type { SqliteOptions } from '../sqlite/sqlite-file';
export { TypeormStorageModule } from './typeorm-storage.module';
