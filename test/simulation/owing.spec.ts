import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DEFERRED_MUTANTS } from '../mutants/catalog/deferred-mutants';

const root = join(__dirname, '../..');

function run(seeds: number, edits: readonly object[] = []) {
  const args = ['-r', './test/register.cjs', 'test/simulation/owing.main.ts', String(seeds)];
  const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('a desk that owes answers, on the simulator', () => {
  it('gives each asker its own as it is recorded, through 300 seeds of crashes', () => {
    expect(run(300)).toEqual({ status: 0, stdout: '300 seeds: nothing wrong\n', stderr: '' });
  }, 200_000);

  it.each(DEFERRED_MUTANTS)(
    'finds the planted bug: $name',
    ({ edits }) => {
      const { status, stdout, stderr } = run(300, edits);
      expect(stderr).not.toContain('places for the edit');
      expect({ status, stdout }).toEqual({ status: 1, stdout: expect.stringContaining('wrong: seed') });
    },
    200_000,
  );
});
