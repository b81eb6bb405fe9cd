import type { OpenedStorage } from '#storage/by-url';
import { openStorage } from '../storage/open-storage';
import { readAddress } from '../storage/storage-address';
import type { Terminal } from '../terminal';

/** Opens the storage that is named, and closes it whatever happens. */
export async function withStorage<T>(
  { env }: Terminal,
  url: string | undefined,
  use: (storage: OpenedStorage, label: string) => Promise<T>,
  { mayMake = false } = {},
): Promise<T> {
  const address = readAddress(url, env);
  const storage = await openStorage(address, mayMake);
  try {
    return await use(storage, address.label);
  } finally {
    await storage.close();
  }
}
