export { MemoryCheckpointStorage } from './memory-checkpoint-storage';
export { MemoryInboxStorage } from './memory-inbox-storage';
export { MemoryJournalStorage } from './memory-journal-storage';
export { MemoryLeases, MemoryLeaseStorage } from './memory-lease-storage';
export { MemoryPersistentStorage } from './memory-persistent-storage';
export { MemoryStorage } from './memory-storage';
export { MemoryStorageModule } from './memory-storage.module';
export { type MemoryActor, MemoryTables } from './memory-tables';
export { MemoryWriter } from './memory-writer';
