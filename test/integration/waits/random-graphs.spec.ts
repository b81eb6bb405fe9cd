import { judgeGraphs, type Tally } from './random-graphs';

describe('random graphs of asks', () => {
  it('each that hangs is found, and no other: npm run deadlock-runs does 100,000', async () => {
    const tally: Tally = { graphs: 0, hanging: 0, deadlocks: 0, wrong: [] };
    await judgeGraphs(
      Array.from({ length: 300 }, (_, i) => i + 1),
      tally,
    );
    expect(tally.wrong).toEqual([]);
    expect(tally.hanging).toBeGreaterThan(20);
    expect(tally.graphs - tally.hanging).toBeGreaterThan(20);
  });
});
