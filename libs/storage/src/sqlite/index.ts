export { SqliteCheckpointStorage } from './sqlite-checkpoint-storage';
export type { SqliteOptions } from './sqlite-file';
export { SqliteInboxStorage } from './sqlite-inbox-storage';
export { SqliteJournalStorage } from './sqlite-journal-storage';
export { type SchemaStatus, assertFile, migrateSqliteFile, sqliteMigrationSql, sqliteStatus } from './sqlite-migrator';
export { SqliteStorage } from './sqlite-storage';
