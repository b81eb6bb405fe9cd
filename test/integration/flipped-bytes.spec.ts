import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Keyring, decodeCheckpoint, decodeEntry, encryptStorage } from '#journal';
import { SqliteStorage } from '#storage/sqlite';
import { Actor, Handle, State, TerminalError, UseFacets, durability, virtualActor } from 'plexspaces';
import { type CheckpointRecord, type Storage, isPlexSpacesError } from 'plexspaces/spi';
import { decodeAnswer } from '../../libs/core/src/runtime/answer-codec';
import { readableEnvelope } from '../../libs/core/src/runtime/message-codec';
import { Random, seedOfRun } from '../../libs/testing/src/conformance/random';
import { closeApps, startApp } from '../support/app';

@Actor({ type: 'flipped' })
@UseFacets(durability({ checkpointEvery: 3 }), virtualActor())
class Flipped {
  @State() value: unknown = { n: 0 };

  @Handle() put(value: unknown): unknown {
    this.value = value;
    return value;
  }
  @Handle() refuse(): void {
    throw new TerminalError('no');
  }
}

const ACTOR = 'default/default/flipped/a';
const encryption = { keys: { k1: Buffer.alloc(32, 3) }, current: 'k1' };
const folder = mkdtempSync(join(tmpdir(), 'plexspaces-flips-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(closeApps);

/** Everything that is decoded of what the blobs hold; an error of ours for what cannot be. */
async function readAll({ journal, inbox, checkpoints }: Storage, ids: readonly string[]): Promise<unknown> {
  const entries: unknown[] = [];
  for await (const page of journal.read(ACTOR, 0)) for (const record of page) entries.push(decodeEntry(ACTOR, record));
  const answers: unknown[] = [];
  for (const id of ids) {
    const row = await inbox.find(ACTOR, id);
    if (row?.answer != null) answers.push(decodeAnswer(row));
  }
  const waiting = (await inbox.pending(ACTOR)).map((row) => readableEnvelope(row, row.message as Uint8Array));
  const saved: unknown[] = [];
  for (const seq of await checkpoints.list(ACTOR)) {
    const { image, ...rest } = await decodeCheckpoint((await checkpoints.latest(ACTOR, seq)) as CheckpointRecord);
    saved.push(rest, image.toObject());
  }
  return { entries, answers, waiting, saved };
}

const COLUMNS = [
  ['ps_journal', 'frame'],
  ['ps_inbox', 'message'],
  ['ps_inbox', 'answer'],
  ['ps_checkpoint', 'bytes'],
] as const;

describe.each([
  ['msgpack', undefined],
  ['json', undefined],
  ['msgpack', encryption],
] as const)('500 flipped bits in the blobs of a SQLite store (%s, encryption: %p)', (codec, options) => {
  it('are noticed, all of them', async () => {
    const seed = seedOfRun(() => 20_261_120);
    const choices = new Random(seed);
    const path = join(folder, `${codec}-${options === undefined}.db`);
    const store = await SqliteStorage.open(path);
    const app = await startApp({ actors: [Flipped], storage: store, codec, encryption: options });
    const ref = app.client(Flipped).ref('a');
    for (let i = 0; i < 7; i++) await ref.ask.put({ text: `value ${i}`, list: [i, 'x'.repeat(40)] });
    await ref.ask.refuse().catch(() => undefined);
    await ref.with({ delay: '1h' }).tell.put({ waiting: true });
    await app.close();

    const db = new Database(path);
    const ids = db.prepare('SELECT id FROM ps_inbox').pluck().all() as string[];
    const readable = options === undefined ? store : encryptStorage(store, new Keyring(options));
    const before = await readAll(readable, ids);
    expect(JSON.stringify(before)).toContain('waiting');
    const silent: string[] = [];
    const noticed = new Map<string, number>();
    for (let i = 0; i < 500; i++) {
      const [table, column] = COLUMNS[i % COLUMNS.length] as (typeof COLUMNS)[number];
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
