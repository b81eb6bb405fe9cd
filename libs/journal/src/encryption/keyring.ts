import { type KeyObject, createHmac, createSecretKey } from 'node:crypto';
import { isWellFormed } from '#spi';
import { InvalidEncryptionKeyError } from '../errors';

/** Keys for encryption at rest. @publicApi */
export interface EncryptionOptions {
  /** By id: 32 bytes each, or their base64. Ids are stored in the clear beside what they lock. */
  readonly keys: Readonly<Record<string, Uint8Array | string>>;
  /** Id of the key that new records are locked with. The others are there to read what was written under them. */
  readonly current: string;
  /**
   * Reads also what is stored in the clear. For as long as a store still holds records from before encryption was
   * switched on: meanwhile whoever can write to the database can put such a record in the place of a locked one.
   * Default: false.
   */
  readonly acceptPlain?: boolean | undefined;
}

const KEY_BYTES = 32;
/** The stored length of an id is one byte. */
const MAX_ID_BYTES = 255;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
/** Names the use of a derived key, so that no other use of the same key can meet it. */
const PURPOSE = 'plexspaces record 1\0';
/** Derived keys kept per key; one costs less than a record, so that an actor forgotten is no loss. */
const KEPT = 10_000;

/**
 * Keys by id. Each actor's records are locked with a key of its own, derived from the key and the actor's id: random
 * nonces may come 2^32 times per key, and a busy store would get there within a day.
 * @publicApi
 */
export class Keyring {
  readonly current: string;
  readonly acceptsPlain: boolean;
  private readonly keys = new Map<string, { readonly key: KeyObject; readonly derived: Map<string, KeyObject> }>();

  /** @throws InvalidEncryptionKeyError, which never shows a key */
  constructor({ keys, current, acceptPlain = false }: EncryptionOptions) {
    for (const [id, key] of Object.entries(keys))
      this.keys.set(checkId(id), { key: createSecretKey(bytesOf(id, key)), derived: new Map() });
    if (!this.keys.has(current))
      throw new InvalidEncryptionKeyError(
        current,
        `is to lock new records, but the ring has ${[...this.keys.keys()].join(', ') || 'no key'}`,
      );
    this.current = current;
    this.acceptsPlain = acceptPlain;
  }

  /** The key of one actor's records; `undefined` when `id` is not in the ring. */
  keyFor(id: string, actor: string): KeyObject | undefined {
    const held = this.keys.get(id);
    if (held === undefined) return undefined;
    const known = held.derived.get(actor);
    if (known !== undefined) return known;
    const made = createSecretKey(createHmac('sha256', held.key).update(PURPOSE).update(actor).digest());
    const [oldest] = held.derived.keys();
    if (held.derived.size >= KEPT && oldest !== undefined) held.derived.delete(oldest);
    held.derived.set(actor, made);
    return made;
  }
}

function checkId(id: string): string {
  const length = Buffer.byteLength(id);
  if (length > 0 && length <= MAX_ID_BYTES && isWellFormed(id)) return id;
  throw new InvalidEncryptionKeyError(id, `has an id that is not 1 to ${MAX_ID_BYTES} bytes of valid Unicode`);
}

function bytesOf(id: string, key: unknown): Uint8Array {
  const bytes = typeof key === 'string' && BASE64.test(key) ? Buffer.from(key, 'base64') : key;
  if (!(bytes instanceof Uint8Array))
    throw new InvalidEncryptionKeyError(id, typeof key === 'string' ? 'is not base64' : 'is neither bytes nor base64');
  if (bytes.length !== KEY_BYTES)
    throw new InvalidEncryptionKeyError(id, `has ${bytes.length} bytes where AES-256 needs ${KEY_BYTES}`);
  return bytes;
}
