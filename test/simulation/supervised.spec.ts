import 'reflect-metadata';
import { runSeed } from '../../libs/testing/src/simulation/run-seed';
import { resolveSimulation } from '../../libs/testing/src/simulation/simulate-options';
import { supervisedBank } from './supervised-bank';

const SEEDS = 60;

describe('the bank under a supervisor on the simulator', () => {
  it(`keeps its history through ${SEEDS} seeds of faults, restarts of the group included`, async () => {
    const simulation = resolveSimulation(supervisedBank);
    for (let seed = 1; seed <= SEEDS; seed++)
      expect({ seed, failure: (await runSeed(simulation, seed)).failure }).toEqual({ seed, failure: null });
  }, 600_000);
});
