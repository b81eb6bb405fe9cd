// The matrix itself: what it plans, and that it finds what is wrong.
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { planStores } from './crash-matrix';
import { CRASH_POINTS, crashPoint } from './crash-points';
import { CrashStore, type StorePlan } from './crash-store';

const MINUTES = 60_000;

describe('the plan', () => {
  const plans = planStores({ points: CRASH_POINTS, runs: 3, seed: 7 });

  it('has every point three times or more, and is the same for the same seed', () => {
    for (const { name } of CRASH_POINTS) {
      const lives = plans.flatMap(({ points }) => points.filter((point) => point.name === name));
      expect([name, lives.length >= 3]).toEqual([name, true]);
    }
    expect(planStores({ points: CRASH_POINTS, runs: 3, seed: 7 })).toEqual(plans);
    expect(planStores({ points: CRASH_POINTS, runs: 3, seed: 8 })).not.toEqual(plans);
  });

  it('gives each point what it needs', () => {
    for (const { points, hasFiles } of plans) {
      points.forEach(({ after, isFirst, isInFiles }, i) => {
        if (after !== undefined) expect(points[i - 1]?.name).toBe(after);
        if (isFirst === true) expect(i).toBe(0);
        if (isInFiles === true) expect(hasFiles).toBe(true);
      });
    }
  });
});

describe('what is wrong with a store', () => {
  const points = (['effect.afterCall', 'turn.afterCommit', 'group.midAcks'] as const).map(crashPoint);

  function problemsOf(plan: Partial<StorePlan>): Promise<readonly string[]> {
    return new CrashStore({ seed: 11, points, hasFiles: false, ...plan }).run().then(({ problems }) => problems);
  }

  function sql(statement: string): (database: string) => void {
    return (path) => {
      const database = new Database(path);
      database.exec(statement);
      database.close();
    };
  }

  it.each([
    ['nothing', undefined, null],
    ['it forgets which messages it has seen', sql('DELETE FROM ps_inbox WHERE state = 2'), /^H2 .* has ended 2 times/],
    ['it loses what it has accepted', sql('DELETE FROM ps_inbox WHERE state = 0'), /^H1 .* was accepted and is not/],
    ['a recorded effect is called again', callAgain, /^H6 .* calls when its record was seen, and has/],
  ])(
    'is found: %s',
    async (_, afterDeath, expected) => {
      const problems = await problemsOf(afterDeath === undefined ? {} : { afterDeath });
      if (expected === null) expect(problems).toEqual([]);
      else expect(problems).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
    },
    2 * MINUTES,
  );

  it(
    'is found: a point that no life reaches',
    async () => {
      const problems = await problemsOf({ points: [{ name: 'fs.afterTemp', most: 1, isLast: true }] });
      expect(problems[0]).toMatch(/^Error: fs\.afterTemp was not reached in 3 lives/);
    },
    2 * MINUTES,
  );
});

/** From the second death on, the first call of all once more: its record has been seen by then. */
function callAgain(_: string, ledger: string): void {
  const [first] = readFileSync(ledger, 'utf8').split('\n');
  appendFileSync(ledger, `${first ?? ''}\n`);
}

describe('npm run crash-matrix', () => {
  it.each([
    [['--only', 'commit.never'], /^There is no failpoint "commit\.never"\. There are: migrate\.midway/],
    [['--only', 'hold.beforeOpen'], /^hold\.beforeOpen is struck by tests of its own\. Here: migrate\.midway/],
    [['--seed', 'five'], /^--seed "five" is not a whole number from 0 up\./],
    [['--runs', '0'], /^--runs "0" is not a whole number from 1 up\./],
    [['--often'], /^Unknown option '--often'/],
  ])('refuses %j', (args, expected) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['-r', './test/register.cjs', 'test/chaos/crash-matrix.main.ts', ...args],
      { cwd: join(__dirname, '../..'), encoding: 'utf8' },
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(expected);
  });
});
