import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SqliteStorage } from '#storage/sqlite';
import { temporaryFolder } from './backends';
import { killChildren, start } from './child';

// Death at every statement boundary of a group commit in which one of three turns is rejected (J12).

const folder = temporaryFolder();
let files = 0;

afterAll(async () => {
  killChildren();
  await folder.remove();
});

/** Statements of one flush that run, in order: two, two and what fails, two. The failing one has no end. */
const STARTED = 7;
const ENDED = 6;
/** The flush that is struck. */
const FLUSH = 3;
const MINUTE = 60_000;

const within = (point: string, perFlush: number): string[] =>
  Array.from({ length: perFlush }, (_, i) => `${point}=kill@${(FLUSH - 1) * perFlush + i + 1}`);

describe('SIGKILL of a process that writes rows', () => {
  it.each([
    ...within('rows.beforeStatement', STARTED),
    ...within('rows.afterStatement', ENDED),
    ...['commit.beforeCommit', 'commit.afterCommit'].map((point) => `${point}=kill@${FLUSH}`),
  ])('at %s leaves each turn whole, with its rows or without', (failpoint) => check('count', failpoint), MINUTE);

  // Here the flush is written again, each turn in a transaction of its own: three more chances to die in between.
  it.each(['deferred', 'rollback'])(
    'leaves each turn whole when one takes the transaction along: %s',
    async (how) => {
      const begun = how === 'deferred' ? 4 : 3;
      for (let hit = 1; hit <= begun; hit++) await check(how, `commit.beforeCommit=kill@${begun * (FLUSH - 1) + hit}`);
      for (const failpoint of [
        `commit.afterCommit=kill@${FLUSH}`,
        'rows.afterStatement=kill@23',
        'rows.afterStatement=kill@27',
      ])
        await check(how, failpoint);
    },
    MINUTE,
  );

  async function check(how: string, failpoint: string): Promise<void> {
    const path = join(await folder.path(), `${++files}.db`);
    const child = start('flush-rows-until-killed', `${path}?${how}`, failpoint);
    let acknowledged = 0;
    for (let line = await child.line(); line !== undefined; line = await child.line())
      acknowledged = Number(/^ack (\d+)$/.exec(line)?.[1] ?? acknowledged);
    expect([failpoint, ...(await child.ended)]).toEqual([failpoint, null, 'SIGKILL']);
    expect(acknowledged).toBeGreaterThan(0);

    const { journal, inbox, checkpoints } = await SqliteStorage.open(path);
    const tables = new Database(path, { readonly: true });
    const linesOf = (actor: string): unknown[] =>
      Array.from(tables.prepare('SELECT seq FROM line WHERE actor = ? ORDER BY seq').pluck().all(actor));
    let total = 0;
    for (const actor of ['first', 'last']) {
      const { seq } = await journal.head(actor);
      expect(seq).toBeGreaterThanOrEqual(acknowledged);
      expect(seq).toBeLessThanOrEqual(acknowledged + 1);
      expect(linesOf(actor)).toEqual(Array.from({ length: seq }, (_, i) => i));
      expect((await inbox.find(actor, `m${seq - 1}`))?.state).toBe('done');
      expect(await inbox.find(actor, `m${seq}`)).toBeNull();
      total += seq;
    }
    expect((await journal.head('failing')).seq).toBe(0);
    expect(linesOf('failing')).toEqual([]);
    expect(tables.prepare('SELECT value FROM total').pluck().get()).toBe(total);
    for (const table of ['child', 'guarded']) expect(tables.prepare(`SELECT * FROM ${table}`).get()).toBeUndefined();
    tables.close();
    await Promise.all([journal.close(), checkpoints.close()]);
  }
});
