import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

interface Printed {
  readonly done: number[];
  readonly neighbour: number[];
  readonly effects: string[];
  readonly parked: number;
  readonly args: unknown;
  readonly cause: string | null;
}

describe('messages that kill their process, and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-poison-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function run(mode: string, failpoints = '', ...line: 'held'[]): { printed: Printed | null; signal: string | null } {
    const args = ['-r', './test/register.cjs', join(__dirname, 'poison.program.ts'), folder, mode, ...line];
    const { stdout, stderr, signal, status } = spawnSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints },
    });
    if (signal === null && status !== 0) throw new Error(stderr);
    return { printed: stdout === '' ? null : (JSON.parse(stdout) as Printed), signal };
  }

  const templates = mkdtempSync(join(tmpdir(), 'plexspaces-spoiled-'));
  afterAll(() => rmSync(templates, { recursive: true }));

  /** What `spoil` leaves, made once for all points. */
  function spoiled(...line: 'held'[]): void {
    const template = join(templates, ...line, 'store');
    if (!existsSync(template)) {
      expect(run('spoil', '', ...line).printed).toMatchObject({ done: [], parked: 1, effects: ['1'] });
      cpSync(folder, template, { recursive: true });
    } else cpSync(template, folder, { recursive: true });
  }

  it('1 bad among 1,000: parked after its attempts, 999 done in order, neighbours too', () => {
    expect(run('fill')).toEqual({ printed: null, signal: 'SIGKILL' });
    let deaths = 0;
    let last = run('work');
    for (; last.signal === 'SIGKILL' && deaths < 10; last = run('work')) deaths++;
    // Accepting it counted as the first of five.
    expect(deaths).toBe(4);
    const { done, neighbour, parked, args, cause } = last.printed as Printed;
    expect(done).toEqual(Array.from({ length: 1_000 }, (_, i) => i).filter((i) => i !== 500));
    expect({ neighbour, parked, args }).toEqual({ neighbour: [7], parked: 1, args: [500] });
    expect(cause).toContain('each of 5 starts of deadly, which ended with its process');
    expect((run('mend').printed as Printed).done).toEqual([...done, 500]);
  });

  it.each([
    'unpark.beforeCommit=kill',
    'unpark.afterCommit=kill',
    'commit.beforeCommit=kill@1',
    'commit.beforeCommit=kill@2',
    'commit.beforeCommit=kill@3',
    'commit.afterCommit=kill@1',
    'commit.afterCommit=kill@2',
    'resume.beforeCount=kill',
    'resume.afterCount=kill',
    'turn.beforeCommit=kill@2',
    'turn.afterCommit=kill@2',
  ])('a retry that dies at %s neither doubles nor loses its message', (point) => {
    spoiled();
    expect(run('mend', point).signal).toBe('SIGKILL');
    expect(run('mend').printed).toMatchObject({ done: [1], parked: 0, effects: ['1'] });
  });

  it.each(['unpark.beforeCommit=kill', 'unpark.afterCommit=kill', 'hold.beforeOpen=kill'])(
    'a line that is held opens in its order in the next life when it dies at %s (H2, H3)',
    (point) => {
      spoiled('held');
      expect(run('mend', point, 'held').signal).toBe('SIGKILL');
      expect(run('mend', '', 'held').printed).toMatchObject({ done: [1, 2, 3], parked: 0, effects: ['1'] });
    },
  );
});
