import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FailpointName, setFailpointHook } from '#spi';
import { FsCheckpointStorage, FsPersistentStorage } from './index';

// What only files have; what every store has is in test/conformance.

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-'));
let folders = 0;
const freshFolder = (): string => join(folder, `${++folders}`);

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => setFailpointHook(undefined));

const files = (directory: string): string[] => readdirSync(directory, { recursive: true, encoding: 'utf8' });

function throwAt(point: FailpointName): void {
  setFailpointHook((name) => {
    if (name === point) throw new Error(`stopped at ${name}`);
  });
}

describe('FsPersistentStorage', () => {
  it('lets no actor id out of its directory, and no one else into its files', async () => {
    const directory = freshFolder();
    const store = new FsPersistentStorage({ directory });
    await store.tryWrite('../../outside', Buffer.from('x'));
    const [name] = files(directory);
    expect(name).toMatch(/^[0-9a-f]{64}\.snapshot$/);
    expect(statSync(join(directory, name as string)).mode & 0o777).toBe(0o600);
  });

  it('makes compressible snapshots smaller, and reads what was written before the option changed', async () => {
    const directory = freshFolder();
    const [plain, compressing] = (['none', 'zstd'] as const).map(
      (compression) => new FsPersistentStorage({ directory, compression }),
    );
    const bytes = Buffer.from('the same words again and again, '.repeat(1_000));
    await plain?.tryWrite('a', bytes);
    const [name] = files(directory);
    const before = statSync(join(directory, name as string)).size;
    expect(Buffer.compare((await compressing?.tryRead('a')) as Uint8Array, bytes)).toBe(0);
    await compressing?.tryWrite('a', bytes);
    expect(statSync(join(directory, name as string)).size).toBeLessThan(before / 10);
    expect(Buffer.compare((await plain?.tryRead('a')) as Uint8Array, bytes)).toBe(0);
  });

  it.each(['none', 'zstd'] as const)(
    'reports any damaged byte as corrupt, never as absent or other bytes (%s)',
    async (compression) => {
      const directory = freshFolder();
      const store = new FsPersistentStorage({ directory, compression });
      await store.tryWrite('a', Buffer.from('some state'));
      const path = join(directory, files(directory)[0] as string);
      const good = readFileSync(path);
      for (let at = 0; at < good.length; at++) {
        const damaged = Buffer.from(good);
        damaged[at] = (damaged[at] as number) ^ 0x10;
        writeFileSync(path, damaged);
        await expect(store.tryRead('a')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
      }
      for (let length = 0; length < good.length; length++) {
        writeFileSync(path, good.subarray(0, length));
        await expect(store.tryRead('a')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
      }
    },
  );

  it.each(['fs.afterTemp', 'fs.afterSync'] as const)(
    'leaves the old snapshot when it stops at %s (S2)',
    async (point) => {
      const directory = freshFolder();
      const store = new FsPersistentStorage({ directory });
      await store.tryWrite('a', Buffer.from('old'));
      throwAt(point);
      await expect(store.tryWrite('a', Buffer.from('new'))).rejects.toThrow(point);
      expect(Buffer.from((await store.tryRead('a')) as Uint8Array).toString()).toBe('old');
      expect(files(directory)).toHaveLength(1);
    },
  );

  it('has the new snapshot when it stops at fs.afterRename (S2)', async () => {
    const store = new FsPersistentStorage({ directory: freshFolder() });
    await store.tryWrite('a', Buffer.from('old'));
    throwAt('fs.afterRename');
    await expect(store.tryWrite('a', Buffer.from('new'))).rejects.toThrow('fs.afterRename');
    expect(Buffer.from((await store.tryRead('a')) as Uint8Array).toString()).toBe('new');
  });
});

describe('FsCheckpointStorage', () => {
  it('falls back to nothing by itself: a damaged newest checkpoint is an error, the one before can be asked for (C4)', async () => {
    const directory = freshFolder();
    const store = new FsCheckpointStorage(directory);
    for (const seq of [5, 9]) await store.save({ actor: 'a', seq, time: 0, bytes: Buffer.from(`at ${seq}`) }, 2);
    const newest = files(directory).find((name) => name.endsWith('0009.checkpoint')) as string;
    writeFileSync(join(directory, newest), 'damaged');
    await expect(store.latest('a')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    expect((await store.latest('a', 8))?.seq).toBe(5);
  });

  it('takes no file of another actor for its own', async () => {
    const directory = freshFolder();
    const store = new FsCheckpointStorage(directory);
    await store.save({ actor: 'a', seq: 5, time: 0, bytes: Buffer.from('of a') }, 2);
    await store.save({ actor: 'b', seq: 5, time: 0, bytes: Buffer.from('of b') }, 2);
    const [one, other] = files(directory).filter((name) => name.endsWith('.checkpoint')) as [string, string];
    writeFileSync(join(directory, one), readFileSync(join(directory, other)));
    const both = await Promise.allSettled([store.latest('a'), store.latest('b')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it.each(['fs.afterTemp', 'fs.afterSync'] as const)(
    'has the checkpoint whole or not at all when it stops at %s (C1)',
    async (point) => {
      const directory = freshFolder();
      const store = new FsCheckpointStorage(directory);
      await store.save({ actor: 'a', seq: 1, time: 0, bytes: Buffer.from('first') }, 2);
      throwAt(point);
      await expect(store.save({ actor: 'a', seq: 2, time: 0, bytes: Buffer.from('second') }, 2)).rejects.toThrow(point);
      expect(Array.from(await store.list('a'))).toEqual([1]);
      setFailpointHook(undefined);
      await store.save({ actor: 'a', seq: 2, time: 0, bytes: Buffer.from('second') }, 2);
      expect(Array.from(await store.list('a'))).toEqual([2, 1]);
    },
  );

  it('removes what a crash left behind, at the next save', async () => {
    const directory = freshFolder();
    const store = new FsCheckpointStorage(directory);
    await store.save({ actor: 'a', seq: 1, time: 0, bytes: Buffer.from('first') }, 2);
    const own = files(directory).find((name) => !name.includes('.')) as string;
    writeFileSync(join(directory, own, '0000000000000002.checkpoint.77-1.tmp'), 'half');
    expect(Array.from(await store.list('a'))).toEqual([1]);
    await store.save({ actor: 'a', seq: 3, time: 0, bytes: Buffer.from('third') }, 2);
    expect(files(join(directory, own)).sort()).toEqual(['0000000000000001.checkpoint', '0000000000000003.checkpoint']);
  });
});
