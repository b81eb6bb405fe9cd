import 'reflect-metadata';
import { resolveSimulation } from '../../libs/testing/src/simulation/simulate-options';
import { runSeed } from '../../libs/testing/src/simulation/run-seed';
import { whyInvalid } from './range-validity';
import { runRange } from './run-range';
import { bankWorkload } from './workload';

/** `npm run simulate` for more. */
const SEEDS = { from: 1, count: Number(process.env['SIMULATION_SEEDS'] ?? 2_000), shrink: true };

describe('the bank on the simulator', () => {
  it(`keeps its history through ${SEEDS.count} seeds of faults`, async () => {
    const totals = await runRange(SEEDS, () => undefined);
    expect(totals.failures.map(({ message }) => message)).toEqual([]);
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
