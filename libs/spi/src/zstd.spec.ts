import fc from 'fast-check';
import { compress, decompress, isCompressing } from './zstd';

describe('zstd', () => {
  it('gives back what was compressed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (bytes) => {
        const back = await decompress(await compress(bytes), 5_000);
        expect(Buffer.compare(back, bytes)).toBe(0);
      }),
    );
  });

  it('tells while it is at work, also when that fails', async () => {
    expect(isCompressing()).toBe(false);
    const frame = compress(new Uint8Array(100));
    expect(isCompressing()).toBe(true);
    const reading = decompress(await frame, 1);
    expect(isCompressing()).toBe(true);
    await expect(reading).rejects.toThrow();
    expect(isCompressing()).toBe(false);
  });

  it('makes repetitive bytes small', async () => {
    const bytes = new Uint8Array(1_000_000).fill(7);
    const compressed = await compress(bytes);
    expect(compressed.length).toBeLessThan(1_000);
    expect((await decompress(compressed, bytes.length)).length).toBe(bytes.length);
  });

  it.each([1, 300, 70_000, 5_000_000])('refuses a frame that holds more than it may: %i bytes', async (size) => {
    const compressed = await compress(new Uint8Array(size));
    await expect(decompress(compressed, size - 1)).rejects.toThrow();
    await expect(decompress(compressed, size)).resolves.toHaveLength(size);
  });

  it('refuses what is no frame, or part of one', async () => {
    const compressed = await compress(Buffer.from('some words, and some more words'));
    await expect(decompress(Buffer.from('no zstd at all'), 1_000)).rejects.toThrow();
    for (let length = 0; length < compressed.length; length++) {
      await expect(decompress(compressed.subarray(0, length), 1_000)).rejects.toThrow();
    }
  });
});
