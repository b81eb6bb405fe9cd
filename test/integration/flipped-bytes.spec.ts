import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Keyring, encryptStorage } from '#journal';
import { SqliteStorage } from '#storage/sqlite';
import { isPlexSpacesError } from 'plexspaces/spi';
import { Random, seedOfRun } from '../../libs/testing/src/conformance/random';
import { closeApps } from '../support/app';
import { BLOBS, WAYS, fill, readAll } from './flipped/flipped-store';

const folder = mkdtempSync(join(tmpdir(), 'plexspaces-flips-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeApps);

describe.each(WAYS)('500 flipped bits in the blobs of a SQLite store (%s, encryption: %p)', (...way) => {
  it('are noticed, all of them', async () => {
    const [codec, options] = way;
    const seed = seedOfRun(() => 20_261_120);
    const choices = new Random(seed);
    const path = join(folder, `${codec}-${options === undefined}.db`);
    const store = await SqliteStorage.open(path);
    await fill(store, way);

    const db = new Database(path);
    const ids = db.prepare('SELECT id FROM ps_inbox').pluck().all() as string[];
    const readable = options === undefined ? store : encryptStorage(store, new Keyring(options));
    const before = await readAll(readable, ids);
    expect(JSON.stringify(before)).toContain('waiting');
    const silent: string[] = [];
    const noticed = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const [table, column] = BLOBS[i % BLOBS.length] as (typeof BLOBS)[number];
      const rows = db.prepare(`SELECT position, ${column} AS blob FROM ${table} WHERE ${column} IS NOT NULL`).all() as {
        position: number;
        blob: Buffer;
      }[];
      const { position, blob } = choices.pick(rows);
      const bit = choices.below(blob.length * 8);
      const damaged = Buffer.from(blob);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      const write = db.prepare(`UPDATE ${table} SET ${column} = ? WHERE position = ?`);
      write.run(damaged, position);
      const outcome: unknown = await readAll(readable, ids).then(
        () => `read as if nothing were: ${table}.${column}, bit ${bit} of ${blob.length * 8}, seed ${seed}`,
        (error: unknown) => error,
      );
      write.run(blob, position);
      if (isPlexSpacesError(outcome)) noticed.set(outcome.code, (noticed.get(outcome.code) ?? 0) + 1);
      else silent.push(String(outcome));
    }
    expect(silent).toEqual([]);
    expect([...noticed.values()].reduce((sum, count) => sum + count)).toBe(500);
    expect(await readAll(readable, ids)).toEqual(before);
    db.close();
    await store.close();
  });
});
