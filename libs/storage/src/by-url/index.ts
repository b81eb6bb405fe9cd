export { type OpenedStorage, needing, openParsed, openStorage } from './open-storage';
export { StorageByUrlModule } from './storage-by-url.module';
export { describeStorageUrl, parseStorageUrl } from './storage-url';
