import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const program = join(__dirname, 'unhandled.program.ts');

describe('an effect that fails and that nobody awaits', () => {
  it.each(['during', 'after'])('does not end the process, started %s the turn (P7)', (when) => {
    const { stdout, status } = spawnSync(process.execPath, ['-r', './test/register.cjs', program, when], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout).toBe('1, then 1\n');
  });
});
