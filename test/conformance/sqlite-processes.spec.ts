import { join } from 'node:path';
import { FAILPOINTS } from '#spi';
import { SqliteStorage } from '#storage/sqlite';
import { temporaryFolder } from './backends';
import { type Child, killChildren, start } from './child';

// What one process cannot show: the lock between processes, and death without warning.

const folder = temporaryFolder();
let files = 0;
const freshPath = async (): Promise<string> => join(await folder.path(), `${++files}.db`);

afterAll(async () => {
  killChildren();
  await folder.remove();
});

describe('a SQLite file between processes', () => {
  it('is refused to a second process, and free again when the first is killed', async () => {
    const path = await freshPath();
    const holder = start('hold-file', path);
    expect(await holder.line()).toBe('open');
    await expect(SqliteStorage.open(path)).rejects.toMatchObject({ code: 'PS_STORAGE_IN_USE' });
    await expect(SqliteStorage.open(path)).rejects.toThrow('already open in another process');
    holder.kill();
    await holder.ended;
    await (await SqliteStorage.open(path)).close();
  });

  it('is shared within a process, and refused to others until the last handle is closed', async () => {
    const path = await freshPath();
    const [first, second] = [await SqliteStorage.open(path), await SqliteStorage.open(path)];
    await first.close();
    const refused = start('hold-file', path);
    expect(await refused.line()).toMatch(/^PS_STORAGE_IN_USE/);
    await refused.ended;
    await second.close();
    expect(await start('hold-file', path).line()).toBe('open');
  });

  it('does not keep a process alive that has nothing left to do', async () => {
    const child = start('leave-open', await freshPath());
    expect(await child.line()).toBe('accepted');
    expect(await child.ended).toEqual([0, null]);
  });
});

describe('SIGKILL of a process in the middle of flushes', () => {
  const points = FAILPOINTS.filter((name) => name.startsWith('commit.') || name === 'group.midBatch');

  it.each(points)('at %s leaves every acknowledged append, and no half of any', async (point) => {
    const path = await freshPath();
    const isOncePerFlush = ['commit.beforeBegin', 'commit.beforeCommit', 'commit.afterCommit'].includes(point);
    await check(path, start('flush-until-killed', path, `${point}=kill@${isOncePerFlush ? 12 : 57}`), null);
  });

  it('at any moment leaves every acknowledged append, and no half of any', async () => {
    for (const acknowledgements of [1, 40, 333]) {
      const path = await freshPath();
      await check(path, start('flush-until-killed', path), acknowledgements);
    }
  });

  /** Kills the child after so many acknowledgements, unless it dies by itself, and looks at what is there. */
  async function check(path: string, child: Child, acknowledgements: number | null): Promise<void> {
    const acknowledged = new Map<string, number>();
    let count = 0;
    for (let line = await child.line(); line !== undefined; line = await child.line()) {
      const [, actor, seq] = /^ack (\d) (\d+)$/.exec(line) ?? [];
      if (actor === undefined) continue;
      acknowledged.set(`actor ${actor}`, Number(seq));
      if (++count === acknowledgements) child.kill();
    }
    expect(await child.ended).toEqual([null, 'SIGKILL']);

    const { journal, inbox, checkpoints } = await SqliteStorage.open(path);
    const sent = (await inbox.pending('receiver')).map(({ id }) => id);
    let turns = 0;
    for (let i = 0; i < 5; i++) {
      const actor = `actor ${i}`;
      const { seq } = await journal.head(actor);
      expect(seq).toBeGreaterThanOrEqual(acknowledged.get(actor) ?? 0);
      expect(seq % 3).toBe(0);
      const entries: string[] = [];
      for await (const page of journal.read(actor, 0))
        entries.push(...page.map(({ bytes }) => new TextDecoder().decode(bytes)));
      expect(entries).toEqual(Array.from({ length: seq }, (_, k) => `entry ${k + 1}`));
      for (let k = 0; k < seq / 3; k++) expect((await inbox.find(actor, `m${k}`))?.state).toBe('done');
      expect(await inbox.find(actor, `m${seq / 3}`)).toBeNull();
      expect(sent.filter((id) => id.startsWith(`${actor}/`))).toHaveLength(seq / 3);
      turns += seq / 3;
    }
    expect(sent).toHaveLength(turns);
    expect(turns).toBeGreaterThan(0); // a child that did nothing proves nothing
    await Promise.all([journal.close(), checkpoints.close()]);
  }
});
