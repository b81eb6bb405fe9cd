import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');

describe('facets and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-facets-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a node in a process of its own. @returns what it printed, and the signal that ended it */
  function node(...words: string[]): { printed: unknown[]; signal: string | null } {
    const program = join(__dirname, 'facets-crash.program.ts');
    const args = ['-r', './test/register.cjs', program, join(folder, 'journal.db'), ...words];
    const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
    });
    if (signal === null && status !== 0) throw new Error(stderr);
    const printed = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
    return { printed, signal };
  }

  it('[FC12] an actor with the durability facet survives it, the same class without it does not', () => {
    const first = node('durable', 'add', '3', 'volatile', 'add', '3', 'crash');
    expect(first).toEqual({ printed: [3, 3], signal: 'SIGKILL' });
    expect(node('durable', 'add', '1', 'volatile', 'add', '1').printed).toEqual([4, 1]);
  });

  it('[EX17] [FI-DU18] durability attached to a live actor at priority 50, interval 100: what it had survives', () => {
    const first = node('volatile', 'add', '3', 'volatile', 'attach', 'durability', '100', 'volatile', 'list', 'crash');
    expect(first.signal).toBe('SIGKILL');
    expect(first.printed[1]).toContainEqual(
      expect.objectContaining({
        name: 'durability',
        priority: 50,
        category: 'infrastructure',
        config: expect.objectContaining({ checkpointEvery: 100, replayOnActivation: true }) as unknown,
      }),
    );
    expect(node('volatile', 'add', '1').printed).toEqual([4]);
  });
});
