import {
  isPlexSpacesError,
  MissingPackageError,
  SchemaTooNewError,
  StorageInUseError,
  StorageUnavailableError,
  StoreBusyError,
  StoreFailedError,
  UnsafeStorageError,
} from '#spi';
import { BUSY_TIMEOUT_MS } from './connection';
import { isBusy } from './driver';
import type { Failure } from './protocol';

/** An error as it crosses from the worker: code and facts. The class is built again on the other side. */
export function failureOf(error: unknown): Failure {
  if (isPlexSpacesError(error)) {
    const facts = error as unknown as Record<string, unknown>;
    switch (error.code) {
      case 'PS_STORAGE_IN_USE':
        return [error.code, facts['path']];
      case 'PS_STORAGE_UNAVAILABLE':
        return [error.code, facts['path'], facts['reason']];
      case 'PS_SCHEMA_TOO_NEW':
        return [error.code, facts['subject'], facts['found'], facts['supported']];
      case 'PS_UNSAFE_STORAGE':
        return [error.code, facts['setting'], facts['found'], facts['required']];
      case 'PS_MISSING_PACKAGE':
        return [error.code, facts['packageName'], facts['neededBy']];
    }
  }
  if (isBusy(error)) return ['PS_STORE_BUSY', BUSY_TIMEOUT_MS];
  return ['PS_STORE_FAILED', error instanceof Error ? error.message : String(error)];
}

export function errorOf([code, ...facts]: Failure): Error {
  const [a, b, c] = facts as [string, string, string];
  switch (code) {
    case 'PS_STORAGE_IN_USE':
      return new StorageInUseError(a);
    case 'PS_STORAGE_UNAVAILABLE':
      return new StorageUnavailableError(a, b);
    case 'PS_SCHEMA_TOO_NEW':
      return new SchemaTooNewError(a, Number(b), Number(c));
    case 'PS_UNSAFE_STORAGE':
      return new UnsafeStorageError(a, b, c);
    case 'PS_MISSING_PACKAGE':
      return new MissingPackageError(a, b);
    case 'PS_STORE_BUSY':
      return new StoreBusyError('sqlite', Number(a));
    default:
      return new StoreFailedError('sqlite', a);
  }
}
