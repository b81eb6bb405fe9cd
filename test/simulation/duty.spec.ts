import 'reflect-metadata';
import { runSeed } from '../../libs/testing/src/simulation/run-seed';
import { resolveSimulation } from '../../libs/testing/src/simulation/simulate-options';
import { decided, dutyWorkload } from './duty-workload';

const SEEDS = 60;

describe('reminders and dead letters on the simulator', () => {
  it(`keep what they promise through ${SEEDS} seeds of faults`, async () => {
    const simulation = resolveSimulation(dutyWorkload);
    for (let seed = 1; seed <= SEEDS; seed++)
      expect({ seed, failure: (await runSeed(simulation, seed)).failure }).toEqual({ seed, failure: null });
    expect(decided.count).toBeGreaterThan(SEEDS / 2);
  }, 600_000);
});
