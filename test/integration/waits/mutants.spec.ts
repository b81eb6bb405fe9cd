import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { WAITS_MUTANTS } from '../../mutants/catalog/waits-mutants';

const root = join(__dirname, '../../..');

describe('random graphs of asks', () => {
  it.each(WAITS_MUTANTS)('find the planted bug: $name', ({ edits }) => {
    const args = ['-r', './test/register.cjs', 'test/integration/waits/main.ts', '400', '1'];
    const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    expect(stderr).not.toContain('places for the edit');
    expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining('wrong: ') });
  });
});
