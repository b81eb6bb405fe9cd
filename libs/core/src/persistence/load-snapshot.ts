import type { Keyring, StateImage } from '#journal';
import { isPlexSpacesError, type PersistentStorage } from '#spi';
import { SnapshotUnreadableError } from '../errors';
import type { Address } from '../runtime/address';
import type { SystemPort } from '../runtime/system-port';
import type { Creation } from './creation';
import { lineOf, throughKeys } from './save-snapshot';
import { decodeSnapshot } from './snapshot-record';

/**
 * The state that `storage` keeps of an actor; `null` means that it keeps none, and nothing else means that (P11).
 * @throws SnapshotUnreadableError when the storage fails; CorruptRecordError, SchemaTooNewError
 */
export async function loadSnapshot(
  storage: PersistentStorage,
  ring: Keyring | null,
  { encoded, definition }: Address,
): Promise<StateImage | null> {
  const bytes = await lineOf(storage).run(encoded, () => read(throughKeys(storage, ring), encoded));
  return bytes === null ? null : decodeSnapshot(encoded, definition, bytes);
}

/** Where an actor that is not in memory goes on: with what `respawn` brought, else with what the storage of its class keeps. */
export async function findState(
  { options }: Pick<SystemPort, 'options'>,
  address: Address,
  creation: Creation | null,
): Promise<StateImage | null> {
  if (creation?.revives === true) return creation.image ?? null;
  const { snapshot } = address.definition;
  return snapshot === null ? null : loadSnapshot(snapshot.storage, options.encryption, address);
}

/** A storage written by hand may say `undefined` for absent, as a Map does. */
async function read(storage: PersistentStorage, actor: string): Promise<Uint8Array | null> {
  let found: unknown;
  try {
    found = await storage.tryRead(actor);
  } catch (error) {
    if (isPlexSpacesError(error)) throw error;
    throw new SnapshotUnreadableError(actor, String(error), { cause: error });
  }
  if (found === null || found === undefined) return null;
  if (ArrayBuffer.isView(found)) return new Uint8Array(found.buffer, found.byteOffset, found.byteLength);
  throw new SnapshotUnreadableError(actor, `tryRead() answered ${typeof found}, not bytes`);
}
