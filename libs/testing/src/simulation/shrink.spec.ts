import { type KeptDecision, shrink } from './shrink';

const decision = (rank: number, value: number): KeptDecision => ({ label: 'd', rank, value });
const all = Array.from({ length: 200 }, (_, rank) => decision(rank, 64));

describe('shrink', () => {
  it('keeps only what the failure needs', async () => {
    const needed = [3, 77, 150];
    const kept = await shrink(all, async (tried) => needed.every((rank) => tried.some((each) => each.rank === rank)));
    expect(kept.map(({ rank }) => rank)).toEqual(needed);
    expect(kept.map(({ value }) => value)).toEqual([1, 1, 1]);
  });

  it('brings a value down to the least that fails', async () => {
    const kept = await shrink(all, async (tried) => tried.some(({ rank, value }) => rank === 9 && value >= 20));
    expect(kept).toEqual([decision(9, 20)]);
  });

  it('says so when nothing is needed', async () => {
    expect(await shrink(all, async () => true)).toEqual([]);
  });

  it('gives up after so many runs, with what still fails', async () => {
    let runs = 0;
    const kept = await shrink(
      all,
      async (tried) => {
        runs++;
        return tried.some(({ rank }) => rank === 9) && tried.some(({ rank }) => rank === 190);
      },
      { maxRuns: 20 },
    );
    expect(runs).toBe(20);
    expect(kept.length).toBeLessThan(all.length);
    expect(kept.map(({ rank }) => rank)).toEqual(expect.arrayContaining([9, 190]));
  });
});
