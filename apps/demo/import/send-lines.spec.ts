import { planLineKills } from './send-lines';

describe('planLineKills', () => {
  it.each([
    [0, []],
    [127, []],
    [128, [64]],
    [300, [100, 200]],
    [4_792, [958, 1916, 2875, 3833]],
  ])('plans the deaths within %d lines so far apart that they cannot run into each other', (lines, kills) => {
    expect(planLineKills(lines)).toEqual(kills);
  });
});
