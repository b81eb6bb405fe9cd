import { type Keyring, type StateImage, encryptSnapshots } from '#journal';
import type { PersistentStorage } from '#spi';
import type { ResolvedOptions } from '../plexspaces.options';
import { KeyedLine } from './keyed-line';
import { ignore } from '../facet/is-promise';
import { encodeSnapshot } from './snapshot-record';

/** Whose state it is, and when it was that. */
export interface StateToSave {
  readonly actor: string;
  readonly schema: number;
  readonly time: number;
  readonly image: StateImage;
}

const lines = new WeakMap<PersistentStorage, KeyedLine>();

/** A storage may take its time with each write; this keeps an earlier state from landing on a later one. */
export function lineOf(storage: PersistentStorage): KeyedLine {
  let line = lines.get(storage);
  if (line === undefined) lines.set(storage, (line = new KeyedLine()));
  return line;
}

/** The storage as it is read and written: whichever it is, what goes there is encrypted where the options say so. */
export function throughKeys(storage: PersistentStorage, ring: Keyring | null): PersistentStorage {
  return ring === null ? storage : encryptSnapshots(storage, ring);
}

/** Captures the state before it returns; resolves when it is stored. @throws what the storage rejects with */
export function saveSnapshot(
  storage: PersistentStorage,
  { codec, encryption }: Pick<ResolvedOptions, 'codec' | 'encryption'>,
  { actor, schema, time, image }: StateToSave,
): Promise<void> {
  const bytes = encodeSnapshot(actor, schema, time, image, codec);
  bytes.catch(ignore); // its turn in the line comes later
  return lineOf(storage).run(actor, async () => throughKeys(storage, encryption).tryWrite(actor, await bytes));
}
