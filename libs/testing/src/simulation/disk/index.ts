export { SimDisk, type SimDiskOptions } from './sim-disk';
export type { SimStorage } from './sim-storage';
export type { StorageFaults } from './storage-faults';
