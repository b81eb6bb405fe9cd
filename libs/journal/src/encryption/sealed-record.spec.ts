import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CorruptRecordError, SchemaTooNewError } from '#spi';
import { EncryptionKeyMissingError, InvalidEncryptionKeyError, PlainRecordError } from '../errors';
import { type EncryptionOptions, Keyring } from './keyring';
import { type RecordPlace, isSealed, refuseSealed, seal, unseal } from './sealed-record';

const k1 = randomBytes(32);
const k2 = randomBytes(32);
const ring = new Keyring({ keys: { k1 }, current: 'k1' });
const place: RecordPlace = { what: 'Entry', actor: 'default/default/cart/1', at: 7 };
const plain = Buffer.from('what nobody is to read');

describe('a sealed record', () => {
  it('opens to what was sealed (property)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), fc.string(), (bytes, actor, at) => {
        const there: RecordPlace = { what: 'Message', actor, at };
        const sealed = seal(ring, there, bytes);
        expect(isSealed(sealed)).toBe(true);
        expect(Buffer.from(unseal(ring, there, sealed)).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  it('says with which key and never twice the same', () => {
    const sealed = Array.from({ length: 1_000 }, () => Buffer.from(seal(ring, place, plain)));
    expect(sealed[0]?.subarray(0, 7).toString('latin1')).toBe('PXE\u0001\u0002k1');
    expect(new Set(sealed.map((one) => one.subarray(7, 19).toString('hex'))).size).toBe(1_000);
    expect(sealed.some((one) => one.includes(plain))).toBe(false);
  });

  it('shows each of its bits flipped, and every lost byte: none is silent', () => {
    const sealed = Buffer.from(seal(ring, place, plain));
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const damaged = Buffer.from(sealed);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => unseal(ring, place, damaged)).toThrow(/Entry 7 of default/);
    }
    for (let length = 0; length < sealed.length; length++)
      expect(() => unseal(ring, place, sealed.subarray(0, length))).toThrow(/Entry 7 of default/);
  });

  it('opens in its place alone (E1)', () => {
    const sealed = seal(ring, place, plain);
    const elsewhere: RecordPlace[] = [
      { ...place, actor: 'default/default/cart/2' },
      { ...place, at: 8 },
      { ...place, what: 'Message' },
      { ...place, what: 'Checkpoint' },
      { what: 'Entry', actor: 'default/default/cart/1\0', at: 7 },
    ];
    for (const other of elsewhere) expect(() => unseal(ring, other, sealed)).toThrow(CorruptRecordError);
    const ambiguous = seal(ring, { what: 'Message', actor: 'a', at: 'b\0c' }, plain);
    expect(() => unseal(ring, { what: 'Message', actor: 'a\0b', at: 'c' }, ambiguous)).toThrow(CorruptRecordError);
  });

  it('is read as long as its key is in the ring, whichever is current (E3)', () => {
    const old = seal(ring, place, plain);
    const rotated = new Keyring({ keys: { k1, k2: k2.toString('base64') }, current: 'k2' });
    expect(unseal(rotated, place, old)).toEqual(plain);
    const fresh = seal(rotated, place, plain);
    expect(unseal(new Keyring({ keys: { k2 }, current: 'k2' }), place, fresh)).toEqual(plain);
    expect(() => unseal(ring, place, fresh)).toThrow(EncryptionKeyMissingError);
    expect(() => unseal(ring, place, fresh)).toThrow(
      expect.objectContaining({ keyId: 'k2', record: 'Entry 7' }) as Error,
    );
    expect(() => unseal(new Keyring({ keys: { k2: k1 }, current: 'k2' }), place, fresh)).toThrow(CorruptRecordError);
  });

  it('cannot be replaced by one in the clear, unless that is allowed (E2)', () => {
    expect(() => unseal(ring, place, plain)).toThrow(PlainRecordError);
    const lenient = new Keyring({ keys: { k1 }, current: 'k1', acceptPlain: true });
    expect(unseal(lenient, place, plain)).toBe(plain);
  });

  it('names its key to who has none', () => {
    expect(() => refuseSealed(place, seal(ring, place, plain))).toThrow(/Entry 7 of .* key "k1"/);
    expect(() => refuseSealed(place, plain)).not.toThrow();
  });

  it('of a newer version is told from a damaged one', () => {
    const sealed = Buffer.from(seal(ring, place, plain));
    sealed[3] = 2;
    expect(() => unseal(ring, place, sealed)).toThrow(SchemaTooNewError);
  });
});

describe('a keyring', () => {
  const secret = 'c2VjcmV0IHRoYXQgbXVzdCBub3QgYmUgcHJpbnRlZCE=';
  it.each<[string, RegExp, unknown]>([
    [
      'a short key',
      /"k1" has 16 bytes where AES-256 needs 32/,
      { keys: { k1: Buffer.from(secret).subarray(0, 16) }, current: 'k1' },
    ],
    ['a passphrase', /"k1" is not base64/, { keys: { k1: `${secret} and words` }, current: 'k1' }],
    [
      'base64 of too much',
      /"k1" has \d+ bytes/,
      { keys: { k1: secret.slice(0, 43) + secret.slice(0, 43) }, current: 'k1' },
    ],
    ['a number', /"k1" is neither bytes nor base64/, { keys: { k1: 5 }, current: 'k1' }],
    ['no key', /the ring has no key/, { keys: {}, current: 'k1' }],
    [
      'another current',
      /"k3" is to lock new records, but the ring has k1/,
      { keys: { k1: secret.slice(0, 43) }, current: 'k3' },
    ],
    ['an id without text', /"" has an id/, { keys: { '': k1 }, current: '' }],
    ['an id too long', /has an id/, { keys: { ['x'.repeat(256)]: k1 }, current: 'k1' }],
  ])('refuses %s, and shows no key', (_, message, options) => {
    const make = (): Keyring => new Keyring(options as EncryptionOptions);
    expect(make).toThrow(InvalidEncryptionKeyError);
    expect(make).toThrow(message);
    expect(make).not.toThrow(new RegExp(secret.slice(0, 8)));
  });

  it('does not show its keys when it is printed', () => {
    const printed = inspect(new Keyring({ keys: { k1 }, current: 'k1' }), { depth: 10 });
    expect(printed).not.toContain(k1.toString('hex').slice(0, 8));
    expect(printed).not.toContain([...k1.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
  });
});
