import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { FsPersistentStorage, Handle, State } from 'plexspaces';
import { type App, closeApps, startApp } from '../../support/app';
import { actorOf } from '../../support/kinds';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-snapshots-'))));
afterEach(async () => {
  await closeApps();
  rmSync(folder, { recursive: true, force: true });
});

class Text {
  @State() text = '';
  @Handle() write(text: string): void {
    this.text = text;
  }
  @Handle() read(): string {
    return this.text;
  }
}

const declare = (directory: string, compression: 'none' | 'zstd' = 'none') =>
  actorOf(Text, { type: 'text', snapshot: { storage: new FsPersistentStorage({ directory, compression }) } });

/** One process: writes the texts and ends. */
async function write(cls: ReturnType<typeof declare>, texts: Readonly<Record<string, string>>): Promise<void> {
  const app = await startApp({ actors: [cls] });
  for (const [key, text] of Object.entries(texts)) {
    const ref = await app.client(cls).respawnOr(key, { fallback: () => [] });
    await ref.ask.write(text);
  }
  await app.close();
}

async function read(app: App, cls: ReturnType<typeof declare>, key: string): Promise<string> {
  return (await app.client(cls).respawn(key)).ask.read();
}

describe('snapshots in files', () => {
  it('[PS12] two directories, two sets of files', async () => {
    const [left, right] = [join(folder, 'left'), join(folder, 'deep', 'right')];
    await write(declare(left), { a: 'in left', b: 'too' });
    await write(declare(right), { a: 'in right' });
    expect(readdirSync(left)).toHaveLength(2);
    expect(readdirSync(right)).toHaveLength(1);
    for (const [directory, text] of [
      [left, 'in left'],
      [right, 'in right'],
    ] as const) {
      const cls = declare(directory);
      const app = await startApp({ actors: [cls] });
      expect(await read(app, cls, 'a')).toBe(text);
    }
  });

  it('[PS12] no key leads out of the directory, or to the file of another', async () => {
    const directory = join(folder, 'here');
    const keys = [
      '../outside',
      '../../etc/passwd',
      '/absolute',
      'a/b',
      '..',
      '.',
      'CON',
      'A',
      'a',
      'ä',
      'x'.repeat(500),
    ];
    const cls = declare(directory);
    await write(cls, Object.fromEntries(keys.map((key) => [key, `text of ${key}`])));
    expect(readdirSync(folder)).toEqual(['here']);
    expect(readdirSync(directory)).toHaveLength(keys.length);
    const app = await startApp({ actors: [cls] });
    for (const key of keys) expect(await read(app, cls, key)).toBe(`text of ${key}`);
  });

  it('[PS07] absent is one thing, unreadable another', async () => {
    const cls = declare(folder);
    await write(cls, { a: 'text' });
    const [file] = readdirSync(folder) as [string];
    writeFileSync(join(folder, file), readFileSync(join(folder, file)).subarray(0, 30));
    const app = await startApp({ actors: [cls] });
    await expect(read(app, cls, 'a')).rejects.toMatchObject({ code: 'PS_CORRUPT_RECORD' });
    await expect(read(app, cls, 'b')).rejects.toMatchObject({ code: 'PS_ACTOR_NOT_FOUND' });
  });

  it('[PS08] the last write wins', async () => {
    const cls = declare(folder);
    for (const text of ['first', 'the second, which is longer', '3']) await write(cls, { a: text });
    const app = await startApp({ actors: [cls] });
    expect(await read(app, cls, 'a')).toBe('3');
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it('[PS10] compressed files are smaller, and readable after the option has changed, in both directions', async () => {
    const long = 'the same again '.repeat(1_000);
    const [plain, packed] = [declare(folder), declare(folder, 'zstd')];
    await write(plain, { a: long });
    const [file] = readdirSync(folder) as [string];
    const size = readFileSync(join(folder, file)).length;
    let app = await startApp({ actors: [packed] });
    expect(await read(app, packed, 'a')).toBe(long);
    await app.close();
    await write(packed, { a: `${long}!` });
    expect(readFileSync(join(folder, file)).length).toBeLessThan(size / 10);
    app = await startApp({ actors: [plain] });
    expect(await read(app, plain, 'a')).toBe(`${long}!`);
  });

  it('a directory that cannot be made fails the save, not the actor', async () => {
    const blocked = join(folder, 'file');
    writeFileSync(blocked, 'not a directory');
    const cls = declare(join(blocked, 'inside'));
    const app = await startApp({ actors: [cls] });
    await expect(app.client(cls).respawn('a')).rejects.toMatchObject({ code: 'PS_SNAPSHOT_UNREADABLE' });
    expect(dirname(blocked)).toBe(folder);
  });
});
