import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

/** All that is passed by a turn that gives an answer, with those of the turn that put it off before it. */
const POINTS = ['turn.beforeCommit', 'commit.afterInbox', 'commit.afterCommit', 'turn.afterCommit'] as const;

describe('answers that are put off, and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-deferred-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A life of the node. @returns what it printed, or that it was killed */
  function node(words: string, failpoints = ''): unknown[] | 'SIGKILL' {
    const program = join(__dirname, 'crash.program.ts');
    const { stdout, stderr, signal, status } = spawnSync(
      process.execPath,
      ['-r', './test/register.cjs', program, join(folder, 'journal.db'), ...words.split(' ')],
      { cwd: root, encoding: 'utf8', env: { ...process.env, PLEXSPACES_FAILPOINTS: failpoints } },
    );
    if (signal !== null) return 'SIGKILL';
    if (status !== 0) throw new Error(stderr);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown);
  }
  const once = { requests: 1, decisions: 1 };

  it('killed between the two turns: the asker that repeats its key waits on, and gets the one answer', () => {
    expect(node('ask seen crash')).toBe('SIGKILL');
    expect(node('ask seen crash')).toBe('SIGKILL'); // and once more
    expect(node('ask decide answer seen')).toEqual([1, 'yes', once]);
    expect(node('ask answer seen')).toEqual(['yes', once]);
  });

  it.each(POINTS)('killed at %s of the turn that puts it off', (point) => {
    expect(node('ask seen', `${point}=kill@1`)).toBe('SIGKILL');
    expect(node('ask decide answer seen')).toEqual([1, 'yes', once]);
  });

  it.each(['deferred.beforeWait', 'effect.afterIntent', 'effect.afterCall'])('killed at %s', (point) => {
    expect(node('effect seen', `${point}=kill@1`)).toBe('SIGKILL');
    expect(node('effect decide answer seen')).toEqual([1, 'yes', once]);
  });

  it.each(POINTS)('killed at %s of the turn that gives it: it is given once', (point) => {
    expect(node('ask seen decide', `${point}=kill@2`)).toBe('SIGKILL');
    expect(node('ask decide answer seen')).toEqual([1, 'yes', once]);
  });

  it('killed between the commit of the answer and the answer: whoever repeats the key gets it', () => {
    expect(node('ask seen decide', 'deferred.beforeAnswer=kill@1')).toBe('SIGKILL');
    expect(node('ask answer seen')).toEqual(['yes', once]);
    expect(node('ask answer', 'deferred.beforeAnswer=kill@1')).toBe('SIGKILL'); // on its way to one who repeats
    expect(node('ask answer seen')).toEqual(['yes', once]);
  });

  it.each(['turn.afterCommit', 'send.beforeDeliver', 'deferred.beforeAnswer'])(
    'passed on to a message to itself, killed at %s: that message still gives it',
    (point) => {
      const hit = point.startsWith('turn') ? 2 : 1;
      expect(node('ask seen pass answer', `${point}=kill@${hit}`)).toBe('SIGKILL');
      expect(node('ask answer seen')).toEqual(['a is done', once]);
    },
  );
});
