import { SystemEnv } from 'plexspaces/spi';
import { seedOfRun } from '../../libs/testing/src/conformance/random';
import { LEAST_KILLS, readOptions } from './real-data/options';
import { type RunReport, describeRun, runRealData } from './real-data/run';

// Order lines of a shop, one actor per item and one per customer, a price made outside for each line; the node is killed at random
// moments, and the sums are held against the file. More: npm run real-data -- --kills 100 --seed 7

const env = new SystemEnv();
const seed = seedOfRun(() => Math.floor(env.random() * 2 ** 31));

/** Says what was run on which lines, so that a run on made lines is not taken for one on the real ones. */
async function run(options: Parameters<typeof runRealData>[0]): Promise<RunReport> {
  process.stdout.write(`real data: PLEXSPACES_SEED=${options.seed} repeats this run\n`);
  const report = await runRealData(options);
  process.stdout.write(`${describeRun(report)}\n`);
  return report;
}

describe('real order lines, through a node that is killed', () => {
  it(`come to the sums of the file after ${LEAST_KILLS + 2} kills, with each effect recorded once (P3, P5, P6, P8)`, async () => {
    const { problems, malformed, planted, expected, resent, evidence } = await run({ kills: LEAST_KILLS + 2, seed });
    expect(problems).toEqual([]);
    expect(malformed).toEqual(planted);
    expect(evidence.deaths.filter((how) => how === 'SIGKILL').length).toBeGreaterThanOrEqual(LEAST_KILLS);
    for (const count of [expected.lines, expected.returned, expected.anonymous, resent])
      expect(count).toBeGreaterThan(0);
  }, 600_000);

  it('are made from the seed where the file is not there, and the report says so', async () => {
    const report = await run({ kills: 2, seed, lines: 300, file: 'no-such-file.csv' });
    expect(report.problems).toEqual([]);
    expect(report.expected.lines).toBe(300);
    expect(describeRun(report)).toContain(`made from seed ${seed} in the same shape, for no-such-file.csv is not here`);
  }, 120_000);
});

describe('the options of real-data', () => {
  it('have defaults', () => {
    expect(readOptions([], () => 9)).toEqual({ kills: LEAST_KILLS, seed: 9 });
    const args = ['--kills', '3', '--seed', '7', '--lines', '50', '--file', 'a.csv'];
    expect(readOptions(args, () => 9)).toEqual({ kills: 3, seed: 7, lines: 50, file: 'a.csv' });
  });

  it.each([
    [['--seed', 'abc'], '--seed is "abc"'],
    [['--kills', '-1'], '--kills'],
    [['--lines', '0'], '--lines is "0". Give a whole number from 1.'],
    [['--kils', '3'], '--kils'],
  ])('refuse %j', (args, message) => {
    expect(() => readOptions(args, () => 9)).toThrow(message);
  });
});
