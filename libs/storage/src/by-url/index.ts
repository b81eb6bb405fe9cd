export { type OpenedStorage, openStorage } from './open-storage';
export { StorageByUrlModule } from './storage-by-url.module';
export { describeStorageUrl, parseStorageUrl } from './storage-url';
