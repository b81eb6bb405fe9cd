export { SqliteCheckpointStorage } from './sqlite-checkpoint-storage';
export type { SqliteOptions } from './sqlite-file';
export { SqliteInboxStorage } from './sqlite-inbox-storage';
export { SqliteJournalStorage } from './sqlite-journal-storage';
export { SqliteStorage } from './sqlite-storage';
