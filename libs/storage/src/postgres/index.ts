export { postgresMigrationSql, type PostgresStatus, postgresStatus } from './migrate';
export type { PostgresAddress, PostgresConnectionOptions, PostgresOptions } from './options';
export { PostgresCheckpointStorage } from './postgres-checkpoint-storage';
export { PostgresInboxStorage } from './postgres-inbox-storage';
export { PostgresJournalStorage } from './postgres-journal-storage';
export { PostgresLeaseStorage } from './postgres-lease-storage';
export { PostgresStorage } from './postgres-storage';
