/** What a case may be run on. */
export const STORAGES = ['sqlite', 'postgres', 'redis'] as const;

export type StorageName = (typeof STORAGES)[number];

export function isStorageName(name: string): name is StorageName {
  return STORAGES.includes(name as StorageName);
}
