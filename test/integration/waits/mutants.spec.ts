import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { WAITS_MUTANTS } from '../../mutants/catalog/waits-mutants';

const root = join(__dirname, '../../..');

/** Graphs by their first seed; the second lot has the rare ones. */
const LOTS = ['1', '1501'];

describe('random graphs of asks', () => {
  it.each(WAITS_MUTANTS)('find the planted bug: $name', ({ edits }) => {
    const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
    const found = LOTS.some((first) => {
      const args = ['-r', './test/register.cjs', 'test/integration/waits/main.ts', '400', first];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
      expect(stderr).not.toContain('places for the edit');
      expect({ first, status, stdout }).toEqual({ first, status: status === 0 ? 0 : 1, stdout: expect.any(String) });
      return status === 1 && stdout.includes('wrong: ');
    });
    expect(found).toBe(true);
  });
});
