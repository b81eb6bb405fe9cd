export { SimDisk, type SimDiskOptions } from './sim-disk';
export type { SimStorage } from './sim-storage';
export { NO_STORAGE_FAULTS, type StorageFaults } from './storage-faults';
