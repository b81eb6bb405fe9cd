import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { resolveSimulation } from '../../libs/testing/src/simulation/simulate-options';
import { runSeed } from '../../libs/testing/src/simulation/run-seed';
import { whyInvalid } from './range-validity';
import type { RangeTotals } from './run-range';
import { bankWorkload } from './workload';

const root = join(__dirname, '../..');
/** `npm run simulate` for more. */
const SEEDS = process.env['SIMULATION_SEEDS'] ?? '2000';

/** The program itself: outside Jest a seed costs a fraction, and both cores are used. */
function simulateRange(): Promise<RangeTotals> {
  const args = ['-r', './test/register.cjs', 'test/simulation/main.ts', '--seeds', SEEDS, '--jobs', '2', '--json'];
  return new Promise((resolve, reject) =>
    execFile(process.execPath, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (_, stdout, stderr) => {
      if (stdout === '') reject(new Error(stderr));
      else resolve(JSON.parse(stdout) as RangeTotals);
    }),
  );
}

describe('the bank on the simulator', () => {
  it(`keeps its history through ${SEEDS} seeds of faults`, async () => {
    const totals = await simulateRange();
    expect(totals.failures.map(({ message }) => message)).toEqual([]);
    expect(totals.runs).toBe(Number(SEEDS));
    expect(whyInvalid(totals)).toEqual([]);
    // A run in which nothing happens proves nothing.
    expect(totals.lives).toBeGreaterThan(1.3 * totals.runs);
    expect(totals.calls.ok).toBeGreaterThan(5 * totals.runs);
  }, 600_000);

  it('runs a seed twice the same way', async () => {
    const simulation = resolveSimulation(bankWorkload);
    for (let seed = 100; seed < 130; seed++) {
      const [first, second] = [await runSeed(simulation, seed), await runSeed(simulation, seed)];
      expect({ ...second, failure: null }).toEqual({ ...first, failure: null });
    }
  });
});
