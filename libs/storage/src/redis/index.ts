export { RedisCheckpointStorage } from './redis-checkpoint-storage';
export { RedisInboxStorage } from './redis-inbox-storage';
export { RedisJournalStorage } from './redis-journal-storage';
export { RedisLeaseStorage } from './redis-lease-storage';
export type { RedisOptions } from './redis-options';
export { RedisStorage } from './redis-storage';
export { RedisStorageModule } from './redis-storage.module';
