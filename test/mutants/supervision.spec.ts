import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { SUPERVISION_MUTANTS } from './catalog/supervision-mutants';
import type { Edit } from './mutant';

/** Claims that do not hold, with the edits planted. */
function judge(edits: readonly Edit[]): readonly string[] {
  const args = ['-r', './test/register.cjs', 'test/mutants/judge-supervision.main.ts'];
  const env = { ...process.env, PLEXSPACES_MUTANT: JSON.stringify(edits) };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: join(__dirname, '../..'),
    env,
    encoding: 'utf8',
    timeout: 200_000,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '[]') as string[];
}

describe('planted bugs in supervision', () => {
  it('none: every claim holds', () => expect(judge([])).toEqual([]), 200_000);

  it.each(SUPERVISION_MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s is found',
    (_, { breaks, edits }) => expect(judge(edits)).toContain(breaks),
    200_000,
  );
});
