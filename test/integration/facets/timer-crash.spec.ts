import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../../..');

describe('timers and SIGKILL', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'plexspaces-timers-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A life of a node that ends by SIGKILL. @returns what it saw of the durable actor and of the other */
  function life(...words: string[]): unknown {
    const program = join(__dirname, 'timer-crash.program.ts');
    const args = ['-r', './test/register.cjs', program, join(folder, 'journal.db'), ...words];
    const { stdout, stderr, signal } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    if (signal !== 'SIGKILL') throw new Error(`It ended by itself: ${stderr}`);
    return JSON.parse(stdout);
  }

  it('[FI-TI06] one that fell due meanwhile fires once when its actor is back; without durability it is gone (Q34)', () => {
    expect(life('schedule', '3600000')).toEqual([
      { fired: 0, timers: 1 },
      { fired: 0, timers: 1 },
    ]);
    expect(life('fired')).toEqual([
      { fired: 1, timers: 0 },
      { fired: 0, timers: 0 },
    ]);
    expect(life('look')).toEqual([
      { fired: 1, timers: 0 },
      { fired: 0, timers: 0 },
    ]);
  });
});
