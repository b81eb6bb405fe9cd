import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

describe('supervision, and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-supervision-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(words: string, failpoints = '', onRootFailure = 'report') {
    const program = join(__dirname, 'crash-loop.program.ts');
    const args = ['-r', './test/register.cjs', program, join(folder, 'a.db'), onRootFailure, ...words.split(' ')];
    const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
      timeout: 60_000,
    });
    if (signal === null && status !== 0) throw new Error(stderr);
    const printed = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
    return { printed, signal };
  }

  it('[SV04] [AX15] [JR33] a crash loop over five processes is one window: the sixth restart is one too many', () => {
    expect(run('add 5 crash stats add 1 die').printed).toEqual([5, 'boom', [true, 1, 'running'], 6]);
    for (let lives = 2; lives <= 5; lives++)
      expect(run('crash stats add 1 die')).toEqual({
        printed: ['boom', [true, lives, 'running'], 5 + lives],
        signal: 'SIGKILL',
      });
    expect(run('stats crash stats add 1 die'.replace(' add 1', '')).printed).toEqual([
      [true, 5, 'running'],
      'boom',
      [false, 6, 'down'],
    ]);
  });

  it('a restart is recorded before it happens: killed in between, it counts', () => {
    expect(run('add 5 crash stats', 'supervision.afterRecord=kill')).toMatchObject({ signal: 'SIGKILL' });
    expect(run('stats add 1').printed).toEqual([[true, 1, 'running'], 6]);
  });

  it('killed before it is recorded, it has not happened', () => {
    expect(run('add 5 crash stats', 'supervision.beforeRecord=kill')).toMatchObject({ signal: 'SIGKILL' });
    expect(run('stats add 1').printed).toEqual([[true, 0, 'running'], 6]);
  });

  it('onRootFailure exit: the process ends by SIGTERM when its topmost supervisor gives up', () => {
    const { signal, printed } = run('crash crash crash crash crash crash', '', 'exit');
    expect(signal).toBe('SIGTERM');
    expect(printed.slice(0, 5)).toEqual(Array(5).fill('boom'));
  });
});
