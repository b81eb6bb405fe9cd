import { CorruptRecordError } from '#spi';
import { encodePayload } from './payload-codec';
import { checkedContent, withChecksum } from './row-checksum';

const row = { actor: 'default/default/cart/1', id: 'm-1', argsHash: 'hash' };
const content = encodePayload(['add', new Uint8Array([1]), '', '', '', '', {}, undefined]);

describe('bytes of an inbox row', () => {
  it('come back, and show each flipped bit', () => {
    const stored = withChecksum('Message', row, content);
    expect(Buffer.from(checkedContent('Message', row, stored)).equals(Buffer.from(content))).toBe(true);
    for (let bit = 0; bit < stored.length * 8; bit++) {
      const damaged = Buffer.from(stored);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => checkedContent('Message', row, damaged)).toThrow(CorruptRecordError);
    }
  });

  it('hold for their column, actor, message and arguments only', () => {
    const stored = withChecksum('Message', row, content);
    for (const other of [{ actor: 'a' }, { id: 'm-2' }, { argsHash: 'other' }])
      expect(() => checkedContent('Message', { ...row, ...other }, stored)).toThrow(CorruptRecordError);
    expect(() => checkedContent('Answer of message', row, stored)).toThrow(CorruptRecordError);
  });

  it('written before there were checksums are read as they are', () => {
    expect(checkedContent('Message', row, content)).toBe(content);
    for (const answer of [Buffer.from([0, 5]), Buffer.from([1, 0xc0])])
      expect(checkedContent('Answer of message', row, answer)).toBe(answer);
  });
});
