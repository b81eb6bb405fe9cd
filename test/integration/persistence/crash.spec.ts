import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

describe('an actor without a journal, and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-snapshot-crash-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the program in a process of its own. @returns what it printed, and the signal that ended it */
  function run(words: readonly string[], failpoints = ''): { printed: unknown[]; signal: string | null } {
    const program = join(__dirname, 'crash.program.ts');
    const args = ['-r', './test/register.cjs', program, folder, ...words];
    const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
    });
    if (signal === null && status !== 0) throw new Error(stderr);
    const printed = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
    return { printed, signal };
  }

  it('[PS01] [PS27] [PS04] saved, killed, respawned: its state is as of the save, all of it', () => {
    expect(run(['add', '3', 'save', '4', 'add', '100', 'crash'])).toEqual({ printed: [3, 7, 107], signal: 'SIGKILL' });
    expect(run(['show', 'add', '1']).printed).toEqual([[7, 'at 7', 0, []], 8]);
  });

  const NEW = [3, 'at 3', 50_000, [2]];
  const OLD = [1, 'at 1', 50_000, [1]];

  it.each([
    ['fs.afterTemp', OLD],
    ['fs.afterSync', OLD],
    ['fs.afterRename', NEW],
  ])('[PS09] killed at %s of a write: the old snapshot or the new, never a mixture', (point, expected) => {
    const first = run(['fill', '1', 'fill', '2'], `${point}=kill@2`);
    expect(first).toEqual({ printed: [1], signal: 'SIGKILL' });
    expect(run(['show', 'save', '10']).printed).toEqual([expected, (expected[0] as number) + 10]);
    // [PS14] What the crash left behind is gone as well.
    expect(readdirSync(folder).map((name) => name.replace(/^\w+/, 'id'))).toEqual(['id.snapshot']);
  });

  it.each(['fs.afterTemp', 'fs.afterSync'])(
    '[PS09] killed at %s of the first write: there is no actor yet',
    (point) => {
      expect(run(['fill', '1'], `${point}=kill`)).toEqual({ printed: [], signal: 'SIGKILL' });
      expect(run(['show']).printed).toEqual([[0, 'nobody', 0, []]]);
    },
  );
});
