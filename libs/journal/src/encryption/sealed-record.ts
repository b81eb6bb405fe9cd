import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CorruptRecordError, SchemaTooNewError, secretBytes } from '#spi';
import { EncryptionKeyMissingError, PlainRecordError } from '../errors';
import type { Keyring } from './keyring';

/** Where a record belongs. It is sealed in, so that a record that was moved does not open. */
export interface RecordPlace {
  readonly what: 'Entry' | 'Message' | 'Answer of message' | 'Checkpoint' | 'Snapshot';
  readonly actor: string;
  /** Sequence number or message id. */
  readonly at: string | number;
}

/**
 * "PXE" [u8 version][u8 length of the key id][key id][12 bytes nonce][ciphertext][16 bytes tag]
 * The first five bytes and the key id mean the same in every version. What is authenticated beside the ciphertext:
 * everything before the nonce, and the place.
 */
const MAGIC = Buffer.from('PXE');
const VERSION = 1;
const FIXED = 5;
const NONCE = 12;
const TAG = 16;
const ALGORITHM = 'aes-256-gcm';

/** No entry, envelope, answer or checkpoint begins so. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length > FIXED && bytes[0] === MAGIC[0] && bytes[1] === MAGIC[1] && bytes[2] === MAGIC[2];
}

/** `plain` under the current key. `bytes` may be changed as soon as it has returned. */
export function seal(ring: Keyring, place: RecordPlace, plain: Uint8Array): Uint8Array {
  const id = Buffer.from(ring.current);
  const key = ring.keyFor(ring.current, place.actor);
  if (key === undefined) throw missing(place, ring.current);
  const start = FIXED + id.length;
  const sealed = Buffer.allocUnsafe(start + NONCE + plain.length + TAG);
  sealed.set(MAGIC);
  sealed[3] = VERSION;
  sealed[4] = id.length;
  sealed.set(id, FIXED);
  const nonce = secretBytes(NONCE);
  sealed.set(nonce, start);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG });
  cipher.setAAD(associatedData(sealed.subarray(0, start), place));
  sealed.set(cipher.update(plain), start + NONCE);
  cipher.final(); // a stream cipher keeps nothing back
  sealed.set(cipher.getAuthTag(), sealed.length - TAG);
  return sealed;
}

/**
 * Inverse of {@link seal}. What is stored in the clear is returned as it is where the ring accepts that.
 * @throws CorruptRecordError, EncryptionKeyMissingError, PlainRecordError, SchemaTooNewError
 */
export function unseal(ring: Keyring, place: RecordPlace, bytes: Uint8Array): Uint8Array {
  if (!isSealed(bytes)) {
    if (ring.acceptsPlain) return bytes;
    throw new PlainRecordError(place.actor, nameOf(place));
  }
  const start = keyEnd(place, bytes);
  const id = keyIdOf(bytes);
  const key = ring.keyFor(id, place.actor);
  if (key === undefined) throw missing(place, id);
  const nonce = bytes.subarray(start, start + NONCE);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG });
  decipher.setAAD(associatedData(bytes.subarray(0, start), place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  const plain = decipher.update(bytes.subarray(start + NONCE, bytes.length - TAG));
  try {
    decipher.final();
  } catch (error) {
    throw corrupt(place, `it is not what was encrypted under key ${JSON.stringify(id)} for this place`, error);
  }
  return plain;
}

/** For readers without keys: says that the record is sealed, and with which key. Does nothing for any other. */
export function refuseSealed(place: RecordPlace, bytes: Uint8Array): void {
  if (isSealed(bytes)) throw missing(place, keyIdOf(bytes));
}

/** Where the nonce begins. */
function keyEnd(place: RecordPlace, bytes: Uint8Array): number {
  const [, , , version, length] = bytes as unknown as [number, number, number, number, number];
  if (version > VERSION) throw new SchemaTooNewError(`${nameOf(place)} of ${place.actor}`, version, VERSION);
  if (version < VERSION || bytes.length < FIXED + length + NONCE + TAG) throw corrupt(place, 'it is cut off');
  return FIXED + length;
}

function keyIdOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(FIXED, FIXED + (bytes[4] as number))).toString();
}

/** The length keeps two places from looking alike. */
function associatedData(header: Uint8Array, { what, actor, at }: RecordPlace): Buffer {
  return Buffer.concat([header, Buffer.from(`${what}\0${actor.length}\0${actor}\0${at}`)]);
}

function nameOf({ what, at, actor }: RecordPlace): string {
  return what === 'Snapshot' || at === actor ? `The ${what.toLowerCase()}` : `${what} ${at}`;
}

function missing(place: RecordPlace, keyId: string): EncryptionKeyMissingError {
  return new EncryptionKeyMissingError(place.actor, keyId, nameOf(place));
}

function corrupt(place: RecordPlace, reason: string, cause?: unknown): CorruptRecordError {
  return new CorruptRecordError(place.actor, nameOf(place), reason, cause === undefined ? undefined : { cause });
}
