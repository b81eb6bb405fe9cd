export { replaceAtomically } from './atomic-file';
export type { Compression } from './file-format';
export { FsCheckpointStorage } from './fs-checkpoint-storage';
export { FsPersistentStorage, type FsPersistentStorageOptions } from './fs-persistent-storage';
