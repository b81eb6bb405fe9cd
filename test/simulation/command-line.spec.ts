import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(__dirname, '../..');

// What cannot be meant is refused before anything is run, with exit code 2: 1 says that something was found.
describe('the programs of the proof', () => {
  it.each<[program: string, args: readonly string[], complaint: RegExp]>([
    [
      'test/simulation/main.ts',
      ['--seeds', 'many'],
      /^--seeds needs a whole number from 1 up, not many\. npm run simulate/,
    ],
    ['test/simulation/main.ts', ['--seeds', '0'], /^--seeds needs a whole number from 1 up, not 0\./],
    ['test/simulation/main.ts', ['--from'], /^--from needs a whole number from 0 up, not nothing\./],
    ['test/simulation/main.ts', ['--workload', 'x'], /^--workload needs bank or duty, not x\./],
    ['test/simulation/main.ts', ['--sed', '1'], /^--sed is no option\. npm run simulate/],
    [
      'test/mutants/main.ts',
      ['--only', 'no such bug'],
      /^No planted bug has "no such bug" in its name\. npm run mutants/,
    ],
    ['test/mutants/main.ts', ['--only'], /^--only needs a part of a name\./],
    ['test/mutants/main.ts', ['--jobs', '0'], /^--jobs needs a whole number from 1 up\./],
    ['test/mutants/main.ts', ['--all'], /^--all is no option\. npm run mutants/],
    ['test/chaos/real-data/main.ts', ['--seed', 'abc'], /^--seed is "abc"\. Give a whole number\./],
    ['test/chaos/real-data/main.ts', ['--kils', '3'], /^Unknown option '--kils'/],
  ])('%s refuses %j', (program, args, complaint) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['-r', './test/register.cjs', program, ...args], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(complaint);
  });
});
